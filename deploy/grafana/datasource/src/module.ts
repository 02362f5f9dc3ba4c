import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './config/ConfigEditor';
import { LogstoreDatasource } from './datasource';
import { QueryEditor } from './editor/QueryEditor';
import { LogstoreOptions, LogstoreQuery, LogstoreSecureOptions } from './types';

export const plugin = new DataSourcePlugin<LogstoreDatasource, LogstoreQuery, LogstoreOptions, LogstoreSecureOptions>(LogstoreDatasource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
