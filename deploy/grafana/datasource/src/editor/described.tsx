/** Options of a list that is wider than the value chosen of it: what an option means would be broken at each word. */
import { css } from '@emotion/css';
import { GrafanaTheme2, SelectableValue } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

function Meaning({ text }: { text: string }) {
  const styles = useStyles2(meaningStyles);
  return <div className={styles.meaning}>{text}</div>;
}

export function described<T>(option: SelectableValue<T>, meaning: string | undefined): SelectableValue<T> {
  return meaning === undefined ? option : { ...option, component: () => <Meaning text={meaning} /> };
}

const meaningStyles = (theme: GrafanaTheme2) => ({
  meaning: css({ minWidth: 220, whiteSpace: 'normal', color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
