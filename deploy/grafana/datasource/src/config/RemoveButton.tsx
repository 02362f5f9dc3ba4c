/** Takes a row out of a list of settings. It stands beside the inputs of the row, whose labels are above them. */
import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { IconButton, useStyles2 } from '@grafana/ui';

interface Props {
  label: string;
  onClick: () => void;
}

export function RemoveButton({ label, onClick }: Props) {
  const styles = useStyles2(buttonStyles);
  return (
    <div className={styles.besideInputs}>
      <IconButton name="trash-alt" aria-label={label} tooltip={label} onClick={onClick} />
    </div>
  );
}

const buttonStyles = (theme: GrafanaTheme2) => ({
  besideInputs: css({ alignSelf: 'flex-start', marginTop: theme.spacing(3.25) }),
});
