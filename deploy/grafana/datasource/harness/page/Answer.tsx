/** What a query has found: lines, or columns. Grafana's own panels are in no package; these read frames by the same rules. */
import { DataFrame, DataFrameType, dateTimeFormat, Field, getDisplayProcessor, GrafanaTheme2, LinkModel, TimeRange } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { css } from '@emotion/css';
import { isLogFrame } from '../../src/frames/logFrames';
import { Details } from './Details';
import { Series } from './Series';

/** What the details of a line do to the query. */
export interface Filtering {
  headingOf: (name: string, frame: DataFrame, row: number) => string | null;
  has: (name: string, value: string) => boolean;
  toggle: (name: string, value: string, isFor: boolean, frame: DataFrame) => void;
}

export function Answer({ series, range, filtering }: { series: DataFrame[]; range: TimeRange; filtering?: Filtering }) {
  if (series[0]?.meta?.type === DataFrameType.TimeSeriesMulti) {
    return <Series series={series} range={range} />;
  }
  return (
    <>
      {series.map((frame, place) => (
        <div key={place}>
          <Notices frame={frame} />
          {isLogFrame(frame) && filtering && frame.length > 0 && <Details frame={frame} filtering={filtering} />}
          {isLogFrame(frame) ? <Lines frame={frame} /> : <Columns frame={frame} />}
        </div>
      ))}
    </>
  );
}

function Notices({ frame }: { frame: DataFrame }) {
  return <>{frame.meta?.notices?.map(({ text }) => <p key={text}>{text}</p>)}</>;
}

/** The columns that dataplane gives names to. */
export function Lines({ frame, name = 'Lines' }: { frame: DataFrame; name?: string }) {
  const styles = useStyles2(lineStyles);
  const column = (name: string): Field | undefined => frame.fields.find((field) => field.name === name);
  const [times, bodies, severities, labels] = ['timestamp', 'body', 'severity', 'labels'].map(column);
  const derived = frame.fields.filter(({ config }) => config.links !== undefined);
  return (
    <ol className={styles.list} data-testid="lines" aria-label={name} tabIndex={0}>
      {[...Array(frame.length).keys()].map((row) => (
        <li key={column('id')?.values[row] ?? row} className={styles.row}>
          <span className={styles.level} data-level={severities?.values[row]}>
            {severities?.values[row] ?? 'none'}
          </span>
          <time className={styles.time}>{dateTimeFormat(times?.values[row], { timeZone: 'utc' })}</time>
          <span className={styles.body}>
            {bodies?.values[row]}
            <small className={styles.labels}>
              {Object.entries(labels?.values[row] ?? {})
                .map(([name, value]) => `${name}=${value}`)
                .join('  ')}
              {derived.map((field) => (
                <DerivedLink key={field.name} field={field} row={row} />
              ))}
            </small>
          </span>
        </li>
      ))}
    </ol>
  );
}

function DerivedLink({ field, row }: { field: Field; row: number }) {
  const link = field.config.links?.[0] as unknown as LinkModel | undefined;
  return field.values[row] ? (
    <em>
      {' '}
      → {link?.title} {field.values[row]}
    </em>
  ) : null;
}

function Columns({ frame }: { frame: DataFrame }) {
  const theme = useTheme2();
  const styles = useStyles2(lineStyles);
  const displays = frame.fields.map((field) => getDisplayProcessor({ field, theme, timeZone: 'utc' }));
  const named = (field: Field) => field.config.displayNameFromDS ?? [field.name, ...Object.entries(field.labels ?? {}).map(([name, value]) => `${name}=${value}`)].join(' ');
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {frame.fields.map((field) => (
            <th key={field.name}>{named(field)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...Array(frame.length).keys()].map((row) => (
          <tr key={row}>
            {frame.fields.map((field, place) => (
              <td key={field.name}>{displays[place](field.values[row]).text}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const lineStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', margin: 0, maxHeight: 420, overflow: 'auto', fontFamily: theme.typography.fontFamilyMonospace, fontSize: theme.typography.bodySmall.fontSize }),
  row: css({ display: 'flex', gap: theme.spacing(1.5), padding: theme.spacing(0.25, 1), borderBottom: `1px solid ${theme.colors.border.weak}` }),
  level: css({
    flex: '0 0 auto',
    width: 48,
    color: theme.colors.text.secondary,
    '&[data-level="error"], &[data-level="fatal"]': { color: theme.colors.error.text },
    '&[data-level="warn"]': { color: theme.colors.warning.text },
    '&[data-level="info"]': { color: theme.colors.success.text },
  }),
  time: css({ flex: '0 0 auto', color: theme.colors.text.secondary }),
  body: css({ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', minWidth: 0 }),
  labels: css({ display: 'block', color: theme.colors.text.secondary }),
  table: css({ width: '100%', 'th, td': { textAlign: 'left', padding: theme.spacing(0.5, 1), borderBottom: `1px solid ${theme.colors.border.weak}` } }),
});
