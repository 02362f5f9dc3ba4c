/**
 * What stands in dashboards and in the settings of a data source, and what the back end is sent.
 *
 * The names are part of every saved dashboard: fields may be added, never renamed.
 */
import { DataQuery, DataSourceJsonData } from '@grafana/data';

/** What the rows of the answer become: lines, one series per group, one number per group, or a table as it is. */
export type QueryType = 'logs' | 'range' | 'instant' | 'table';

export type EditorMode = 'builder' | 'code';

export interface LogstoreQuery extends DataQuery {
  /** Text of the query, in Logstore's language; may hold `$__interval` and `$__range`, which the back end fills in. */
  expr: string;
  queryType?: QueryType;
  editorMode?: EditorMode;
  /** Name of a series, such as `{{service}} on {{host}}`. */
  legendFormat?: string;
  /** Width of `bin($__interval)` when it shall not follow from the width of the panel: `30s`, `5m`. */
  step?: string;
  /** Lines wanted at most; what the settings say without it. */
  maxLines?: number;
  /** What of Explore asked, beside the user's own query: tells the server's log who wants to know. */
  supportingQueryType?: 'logsVolume' | 'logsSample' | 'logsContext' | 'annotation' | 'variable';
}

/** A part of each line that becomes a field, and a link. */
export interface DerivedField {
  name: string;
  /** `label`: the value of the field `matcherRegex`; `regex`: the first group of the expression in the line. */
  matcherType: 'label' | 'regex';
  matcherRegex: string;
  /** Where the link goes, with `${__value.raw}`; with a `datasourceUid`, the query there. */
  url?: string;
  urlDisplayLabel?: string;
  datasourceUid?: string;
  targetBlank?: boolean;
}

export type LevelOperator = '=' | '!=' | '=~' | '>=' | '<';

/** Says which level a line has that does not say so itself. The first rule that fits counts. */
export interface LevelRule {
  field: string;
  operator: LevelOperator;
  value: string;
  level: Level;
  disabled?: boolean;
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

export interface LogstoreOptions extends DataSourceJsonData {
  /** Lines per query unless it says otherwise. */
  maxLines?: number;
  /** Seconds after which a request is given up. */
  timeout?: number;
  /** Sent as the header `tenantHeader`. */
  tenant?: string;
  tenantHeader?: string;
  /** Fields that tell which lines belong together, for the context of a line; `tag` without any. */
  contextFields?: string[];
  derivedFields?: DerivedField[];
  levelRules?: LevelRule[];
}

export interface LogstoreSecureOptions {
  basicAuthPassword?: string;
}

export const DEFAULT_MAX_LINES = 1000;
/** More lines than this make browsers slow, and no reader reads them. */
export const MAX_LINES_CAP = 10_000;

export const DEFAULT_TENANT_HEADER = 'X-Logstore-Tenant';
