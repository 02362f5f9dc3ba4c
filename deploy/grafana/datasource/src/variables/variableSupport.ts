/** Variables of dashboards: names of fields, values of a field, or the rows of a query; each may depend on others. */
import { CustomVariableSupport, DataFrame, DataQueryRequest, DataQueryResponse, MetricFindValue } from '@grafana/data';
import { from, map, Observable } from 'rxjs';
import type { LogstoreDatasource } from '../datasource';
import { LogstoreQuery } from '../types';
import { frameValues } from './frameValues';
import { VariableQueryEditor } from './VariableQueryEditor';
import { LogstoreVariableQuery, toVariableQuery, VARIABLE_REF_ID } from './variableQuery';

export class LogstoreVariableSupport extends CustomVariableSupport<LogstoreDatasource, LogstoreVariableQuery> {
  override editor = VariableQueryEditor;

  constructor(private readonly datasource: LogstoreDatasource) {
    super();
  }

  override query(request: DataQueryRequest<LogstoreVariableQuery>): Observable<DataQueryResponse> {
    const variable = toVariableQuery(request.targets[0]);
    const search = this.datasource.interpolated(variable.search ?? '', request.scopedVars);
    if (variable.kind === 'query') {
      return this.rows(request, variable, search);
    }
    return from(this.known(request, variable, search || '*')).pipe(map((data) => ({ data })));
  }

  private async known({ range, scopedVars }: DataQueryRequest<LogstoreVariableQuery>, { kind, field = '', limit }: LogstoreVariableQuery, search: string): Promise<MetricFindValue[]> {
    if (kind === 'fieldNames') {
      return (await this.datasource.resources.fields(range, search)).map(({ name }) => ({ text: name }));
    }
    const name = this.datasource.replaced(field, scopedVars);
    if (name === '') {
      return [];
    }
    return (await this.datasource.resources.values(name, range, search, limit)).map(({ value }) => ({ text: value }));
  }

  private rows(request: DataQueryRequest<LogstoreVariableQuery>, variable: LogstoreVariableQuery, expr: string): Observable<DataQueryResponse> {
    const refId = variable.refId || VARIABLE_REF_ID;
    const target: LogstoreQuery = { refId, expr, queryType: 'table', maxLines: variable.limit, supportingQueryType: 'variable' };
    const asked = { ...request, targets: [target] } as DataQueryRequest<LogstoreQuery>;
    return this.datasource
      .query(asked)
      .pipe(map((response) => ({ ...response, data: frameValues(response.data as DataFrame[]) })));
  }
}
