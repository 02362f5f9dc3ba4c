/** Channels of Grafana Live: what Grafana's own service makes of the packets that come over its socket. */
import { DataFrameJSON, DataQueryError, DataQueryResponse, LoadingState, StreamingDataFrame } from '@grafana/data';
import { GrafanaLiveSrv, LiveDataStreamOptions, setGrafanaLiveSrv } from '@grafana/runtime';
import { Observable } from 'rxjs';

type Told = DataFrameJSON & { subscribed?: boolean; error?: string };

/** The lines of a body, as they come. */
async function eachLine(body: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + decoder.decode(read.value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  }
  if (rest !== '') {
    take(rest);
  }
}

function getDataStream({ addr, buffer, key }: LiveDataStreamOptions): Observable<DataQueryResponse> {
  return new Observable((subscriber) => {
    const leaving = new AbortController();
    const frame = StreamingDataFrame.empty(buffer);
    const take = (line: string) => {
      const { error, subscribed, ...packet }: Told = JSON.parse(line);
      if (error !== undefined) {
        const told: DataQueryError = { message: error };
        subscriber.next({ key, data: [], error: told, state: LoadingState.Error });
      } else if (!subscribed) {
        frame.push(packet);
        subscriber.next({ key, data: [frame], state: LoadingState.Streaming });
      }
    };
    fetch(`/api/live/${addr.scope}/${addr.stream}/${addr.path}`, { method: 'POST', body: JSON.stringify(addr.data), signal: leaving.signal }).then(
      ({ body }) => body && eachLine(body, take).catch(() => undefined),
      () => undefined
    );
    return () => leaving.abort();
  });
}

export function provideLive(): void {
  const live: Pick<GrafanaLiveSrv, 'getDataStream'> = { getDataStream };
  setGrafanaLiveSrv(live as GrafanaLiveSrv);
}
