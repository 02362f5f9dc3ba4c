/** An answer as a panel of a dashboard: its error, or what was found. */
import { LoadingState, PanelData, TimeRange } from '@grafana/data';
import { Alert, PanelChrome } from '@grafana/ui';
import { Answer, Filtering } from './Answer';

interface Props {
  title: string;
  data: PanelData;
  range: TimeRange;
  filtering?: Filtering;
}

export function AnswerPanel({ title, data, range, filtering }: Props) {
  return (
    <>
      {data.error && (
        <Alert severity="error" title="Query error">
          {data.error.data?.message ?? data.error.message}
        </Alert>
      )}
      <div data-testid={title === 'Answer' ? 'answer' : title} data-state={data.state}>
        <PanelChrome title={title} collapsible={false} loadingState={data.state === LoadingState.Loading ? data.state : undefined}>
          <Answer series={data.series} range={range} filtering={filtering} />
        </PanelChrome>
      </div>
    </>
  );
}
