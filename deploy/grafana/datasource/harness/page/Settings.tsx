/** The settings of a data source. */
import { DataSourceSettings } from '@grafana/data';
import { useState } from 'react';
import { ConfigEditor } from '../../src/config/ConfigEditor';
import { LogstoreOptions, LogstoreSecureOptions } from '../../src/types';

type Options = DataSourceSettings<LogstoreOptions, LogstoreSecureOptions>;

const JSON_DATA: LogstoreOptions = {
  derivedFields: [{ name: 'trace_id', matcherType: 'label', matcherRegex: 'trace_id', url: '${__value.raw}', urlDisplayLabel: 'View trace', datasourceUid: 'tempo' }],
  levelRules: [{ field: 'status', operator: '>=', value: '500', level: 'error' }],
};

export function Settings({ wanted }: { wanted: URLSearchParams }) {
  const isEmpty = wanted.has('empty');
  const [options, setOptions] = useState<Options>({
    id: 1,
    uid: 'logstore',
    orgId: 1,
    name: 'Logstore',
    typeLogoUrl: '',
    type: 'logstore-logstore-datasource',
    typeName: 'Logstore',
    access: 'proxy',
    url: isEmpty ? '' : 'http://logstore:24280',
    user: '',
    database: '',
    basicAuth: false,
    basicAuthUser: '',
    isDefault: false,
    jsonData: isEmpty ? {} : JSON_DATA,
    secureJsonFields: {},
    secureJsonData: {},
    readOnly: false,
    withCredentials: false,
  });
  return <ConfigEditor options={options} onOptionsChange={setOptions} />;
}
