/** Lines as they arrive, over a channel of Grafana Live that the back end feeds. */
import { DataFrame, DataQueryRequest, DataQueryResponse, LiveChannelScope, StreamingFrameAction } from '@grafana/data';
import { getGrafanaLiveSrv } from '@grafana/runtime';
import { map, merge, Observable } from 'rxjs';
import { LogstoreQuery } from '../types';

/** Lines kept in the browser; the oldest go first. */
const KEPT_LINES = 1000;

/** The part of a channel's name that follows from the query: another query is another channel. */
export function channelHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/**
 * The path of a query's channel: `tail/<hash>`. Whoever asks the same shares it; `data` tells the back end what to send.
 */
export function tailPath(query: LogstoreQuery): string {
  return `tail/${channelHash(JSON.stringify([query.expr, query.maxLines ?? null]))}`;
}

export function tail(
  uid: string,
  request: DataQueryRequest<LogstoreQuery>,
  complete: (frame: DataFrame) => DataFrame
): Observable<DataQueryResponse> {
  return merge(...request.targets.map((query) => tailOf(uid, request, query, complete)));
}

function tailOf(
  uid: string,
  { requestId }: DataQueryRequest<LogstoreQuery>,
  query: LogstoreQuery,
  complete: (frame: DataFrame) => DataFrame
): Observable<DataQueryResponse> {
  // Older Grafanas call `stream` `namespace`.
  const addr = { scope: LiveChannelScope.DataSource, namespace: uid, stream: uid, path: tailPath(query), data: query };
  const buffer = { maxLength: query.maxLines ?? KEPT_LINES, action: StreamingFrameAction.Append };
  return getGrafanaLiveSrv()
    .getDataStream({ key: `${requestId}-${query.refId}`, addr, buffer })
    .pipe(
      map((response) => ({
        ...response,
        key: `${requestId}-${query.refId}`,
        data: response.data.map((frame: DataFrame) => complete({ ...frame, refId: query.refId })),
      }))
    );
}
