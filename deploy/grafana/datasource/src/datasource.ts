/** Logstore as Grafana sees it: each capability is a method here, and a file of its own that does the work. */
import {
  AbstractQuery,
  AdHocVariableFilter,
  CoreApp,
  DataFrame,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceGetTagKeysOptions,
  DataSourceGetTagValuesOptions,
  DataSourceInstanceSettings,
  DataSourceWithLogsContextSupport,
  DataSourceWithLogsLabelTypesSupport,
  DataSourceWithQueryExportSupport,
  DataSourceWithQueryImportSupport,
  DataSourceWithQueryModificationSupport,
  DataSourceWithSupplementaryQueriesSupport,
  DataSourceWithToggleableQueryFiltersSupport,
  LogRowContextOptions,
  LogRowContextQueryDirection,
  LogRowModel,
  MetricFindValue,
  QueryFilterOptions,
  QueryFixAction,
  QueryHint,
  ScopedVars,
  SupplementaryQueryOptions,
  SupplementaryQueryType,
  ToggleFilterAction,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, TemplateSrv } from '@grafana/runtime';
import { ReactNode } from 'react';
import { firstValueFrom, map, Observable } from 'rxjs';
import { annotationSupport } from './annotations/annotationSupport';
import { ContextKeys } from './context/contextKeys';
import { contextQuery, contextRange, contextRequest } from './context/contextQuery';
import { contextUi } from './context/ContextUi';
import { cutAtRow } from './context/cutAtRow';
import { labelHeading } from './frames/labelTypes';
import { completeLogFrame } from './frames/logFrames';
import { isSummary } from './language/stages';
import { tail } from './live/tail';
import { fromAbstract, toAbstract } from './query/abstract';
import { withAdHocFilters } from './query/adHoc';
import { defaultQuery } from './query/defaultQuery';
import { MODIFICATIONS, modifyQuery, queryHasFilter, toggleQueryFilter } from './query/filters';
import { queryHints } from './query/hints';
import { interpolate } from './query/interpolate';
import { supplementaryQuery, supplementaryRequest, SUPPORTED } from './query/supplementary';
import { withResultType } from './query/resultType';
import { Resources } from './resources';
import { LogstoreOptions, LogstoreQuery, MAX_LINES_CAP, DEFAULT_MAX_LINES } from './types';
import { LogstoreVariableSupport } from './variables/variableSupport';

/** What the context of a line is made of where neither the settings nor the reader say so. */
const CONTEXT_FIELDS = ['tag'];

/** Lines of context that Grafana asks for at once, where it does not say how many. */
const CONTEXT_LIMIT = 100;

/** The first of these that is a number of lines: dashboards and provisioned settings may hold anything. */
function lineLimit(...wanted: unknown[]): number {
  const lines = wanted.map((each) => Math.floor(Number(each ?? NaN))).find((each) => each >= 1);
  return Math.min(lines ?? DEFAULT_MAX_LINES, MAX_LINES_CAP);
}

export class LogstoreDatasource
  extends DataSourceWithBackend<LogstoreQuery, LogstoreOptions>
  implements
    DataSourceWithLogsContextSupport<LogstoreQuery>,
    DataSourceWithLogsLabelTypesSupport,
    DataSourceWithQueryExportSupport<LogstoreQuery>,
    DataSourceWithQueryImportSupport<LogstoreQuery>,
    DataSourceWithQueryModificationSupport<LogstoreQuery>,
    DataSourceWithSupplementaryQueriesSupport<LogstoreQuery>,
    DataSourceWithToggleableQueryFiltersSupport<LogstoreQuery>
{
  readonly options: LogstoreOptions;
  readonly resources: Resources;
  readonly supportsAdjustableWindow = true;
  private readonly contextKeys: ContextKeys;

  constructor(
    settings: DataSourceInstanceSettings<LogstoreOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.options = settings.jsonData ?? {};
    this.resources = new Resources((path, parameters) => this.getResource(path, parameters));
    this.contextKeys = new ContextKeys(this.options.contextFields?.length ? this.options.contextFields : CONTEXT_FIELDS);
    this.annotations = annotationSupport;
    this.variables = new LogstoreVariableSupport(this);
  }

  // Queries

  override query(request: DataQueryRequest<LogstoreQuery>): Observable<DataQueryResponse> {
    const targets = request.targets.filter((query) => this.filterQuery(query)).map((query) => this.prepared(query));
    const complete = (frame: DataFrame) => completeLogFrame(frame, this.options);
    if (request.liveStreaming) {
      const live = targets.map((query) => this.applyTemplateVariables(query, request.scopedVars, request.filters));
      return tail(this.uid, { ...request, targets: live.filter(({ expr }) => !isSummary(expr)) }, complete);
    }
    return super.query({ ...request, targets }).pipe(map((response) => ({ ...response, data: response.data.map(complete) })));
  }

  private prepared(query: LogstoreQuery): LogstoreQuery {
    return withResultType({ ...query, maxLines: lineLimit(query.maxLines, this.options.maxLines) });
  }

  override filterQuery(query: LogstoreQuery): boolean {
    return !query.hide && (query.expr ?? '').trim() !== '';
  }

  override getDefaultQuery(app: CoreApp): Partial<LogstoreQuery> {
    return defaultQuery(app);
  }

  override applyTemplateVariables(query: LogstoreQuery, scopedVars: ScopedVars, filters?: AdHocVariableFilter[]): LogstoreQuery {
    const expr = withAdHocFilters(this.interpolated(query.expr ?? '', scopedVars), filters);
    return {
      ...query,
      expr,
      ...(query.legendFormat && { legendFormat: this.templates.replace(query.legendFormat, scopedVars) }),
      ...(query.step && { step: this.templates.replace(query.step, scopedVars) }),
    };
  }

  interpolated(text: string, scopedVars: ScopedVars): string {
    return interpolate(text, (source, vars, format) => this.templates.replace(source, vars, format), scopedVars);
  }

  /** The value of a variable as it is, for what is no query: the name of a field. */
  replaced(text: string, scopedVars: ScopedVars): string {
    return this.templates.replace(text, scopedVars);
  }

  override interpolateVariablesInQueries(queries: LogstoreQuery[], scopedVars: ScopedVars, filters?: AdHocVariableFilter[]): LogstoreQuery[] {
    return queries.map((query) => ({ ...this.applyTemplateVariables(query, scopedVars, filters), datasource: this.getRef() }));
  }

  // What Explore asks beside

  getSupportedSupplementaryQueryTypes(): SupplementaryQueryType[] {
    return SUPPORTED;
  }

  getSupplementaryQuery(options: SupplementaryQueryOptions, query: LogstoreQuery): LogstoreQuery | undefined {
    return supplementaryQuery(options, query, this.options.levelRules);
  }

  getSupplementaryRequest(type: SupplementaryQueryType, request: DataQueryRequest<LogstoreQuery>): DataQueryRequest<LogstoreQuery> | undefined {
    return supplementaryRequest(type, request, this.options.levelRules);
  }

  // The lines around a line

  async getLogRowContext(row: LogRowModel, options: LogRowContextOptions = {}, query?: LogstoreQuery): Promise<DataQueryResponse> {
    const direction = options.direction ?? LogRowContextQueryDirection.Backward;
    const target = contextQuery(row, this.contextKeys.of(row), options, query);
    const response = await firstValueFrom(this.query(contextRequest(target, contextRange(row, options), options.scopedVars)));
    const limit = options.limit ?? CONTEXT_LIMIT;
    return { ...response, data: response.data.map((frame: DataFrame) => cutAtRow(frame, row, direction, limit)) };
  }

  async getLogRowContextQuery(
    row: LogRowModel,
    options: LogRowContextOptions = {},
    query?: LogstoreQuery,
    cacheFilters = true
  ): Promise<LogstoreQuery> {
    if (!cacheFilters) {
      this.contextKeys.forget(row);
    }
    return contextQuery(row, this.contextKeys.of(row), options, query);
  }

  getLogRowContextUi(row: LogRowModel, runContextQuery?: () => void): ReactNode {
    return contextUi(row, this.contextKeys, runContextQuery);
  }

  // Edits of a query by clicks

  toggleQueryFilter(query: LogstoreQuery, filter: ToggleFilterAction): LogstoreQuery {
    return toggleQueryFilter(query, filter);
  }

  queryHasFilter(query: LogstoreQuery, filter: QueryFilterOptions): boolean {
    return queryHasFilter(query, filter);
  }

  override modifyQuery(query: LogstoreQuery, action: QueryFixAction): LogstoreQuery {
    return modifyQuery(query, action);
  }

  getSupportedQueryModifications(): string[] {
    return MODIFICATIONS;
  }

  override getQueryHints(query: LogstoreQuery, results: unknown[]): QueryHint[] {
    return queryHints(query, results as DataFrame[]);
  }

  getLabelDisplayTypeFromFrame(labelKey: string, frame: DataFrame | undefined, index: number | null): string | null {
    return labelHeading(labelKey, frame, index);
  }

  // Fields and values

  override async getTagKeys({ filters, timeRange }: DataSourceGetTagKeysOptions<LogstoreQuery>): Promise<MetricFindValue[]> {
    const fields = await this.resources.fields(timeRange, withAdHocFilters('*', filters));
    return fields.filter(({ name }) => name !== 'time').map(({ name }) => ({ text: name }));
  }

  override async getTagValues({ key, filters, timeRange }: DataSourceGetTagValuesOptions<LogstoreQuery>): Promise<MetricFindValue[]> {
    if (key === '') {
      return [];
    }
    const others = filters.filter((filter) => filter.key !== key);
    const values = await this.resources.values(key, timeRange, withAdHocFilters('*', others));
    return values.map(({ value }) => ({ text: value }));
  }

  // Moving to and from other data sources

  async importFromAbstractQueries(queries: AbstractQuery[]): Promise<LogstoreQuery[]> {
    return queries.map(fromAbstract);
  }

  async exportToAbstractQueries(queries: LogstoreQuery[]): Promise<AbstractQuery[]> {
    return queries.map(toAbstract);
  }
}
