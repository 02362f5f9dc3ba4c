/** What Grafana's page has for a data source: requests to its server, variables, and the other data sources. */
import { DataSourceInstanceSettings, PluginType } from '@grafana/data';
import { BackendSrv, BackendSrvRequest, DataSourceSrv, FetchResponse, setBackendSrv, setDataSourceSrv } from '@grafana/runtime';
import { from, Observable } from 'rxjs';
import { LogstoreDatasource } from '../../src/datasource';
import { LogstoreOptions } from '../../src/types';
import { provideLive } from './live';
import { provideVariables } from './templates';

function settingsOf(uid: string, name: string, type: string, jsonData: object): DataSourceInstanceSettings {
  const info = { author: { name: '' }, description: '', links: [], logos: { small: 'logo.svg', large: 'logo.svg' }, screenshots: [], updated: '', version: '' };
  const meta = { id: type, name, type: PluginType.datasource, info, module: '', baseUrl: '' };
  return { id: 1, uid, name, type, meta, jsonData, url: '', access: 'proxy', readOnly: false } as DataSourceInstanceSettings;
}

const OTHERS = [settingsOf('tempo', 'Tempo', 'tempo', {}), settingsOf('jaeger', 'Jaeger', 'jaeger', {})];

const OPTIONS: LogstoreOptions = {
  derivedFields: [{ name: 'trace', matcherType: 'label', matcherRegex: 'trace_id', url: '${__value.raw}', urlDisplayLabel: 'View trace', datasourceUid: 'tempo' }],
};

/** The data source as it is set up on these pages. */
export function logstore(): LogstoreDatasource {
  return new LogstoreDatasource(settingsOf('logstore', 'Logstore', 'logstore-logstore-datasource', OPTIONS) as DataSourceInstanceSettings<LogstoreOptions>);
}

/** As Grafana's: what is no success is thrown, with what the server said. */
async function send<T>({ url, method, data, params }: BackendSrvRequest): Promise<FetchResponse<T>> {
  const query = params === undefined ? '' : `?${new URLSearchParams(params)}`;
  const response = await fetch(url + query, { method, ...(data !== undefined && { body: JSON.stringify(data) }) });
  const { ok, status, statusText, headers, redirected, type } = response;
  const answer = { data: await response.json(), ok, status, statusText, headers, redirected, type, url, config: { url } };
  if (!ok) {
    throw answer;
  }
  return answer;
}

export function provideGrafana(): void {
  const backend: Pick<BackendSrv, 'fetch'> = { fetch: <T>(options: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(options)) };
  setBackendSrv(backend as BackendSrv);
  provideVariables();
  provideLive();
  const sources: Partial<DataSourceSrv> = {
    getList: () => OTHERS,
    getInstanceSettings: (ref) => OTHERS.find(({ uid }) => uid === (typeof ref === 'string' ? ref : ref?.uid)),
  };
  setDataSourceSrv(sources as DataSourceSrv);
}
