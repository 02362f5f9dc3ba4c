/** What an empty editor begins with. An alert needs a number, a reader wants lines. */
import { CoreApp } from '@grafana/data';
import { LogstoreQuery } from '../types';

export function defaultQuery(app: CoreApp): Partial<LogstoreQuery> {
  return app === CoreApp.CloudAlerting || app === CoreApp.UnifiedAlerting
    ? { expr: 'level:error | count', queryType: 'instant', editorMode: 'code' }
    : { expr: '*', queryType: 'logs', editorMode: 'builder' };
}
