import { render, screen } from '@testing-library/react';
import { user } from '../../test/user';
import { ComponentProps, useState } from 'react';
import { LogstoreOptions } from '../types';
import { ConfigEditor } from './ConfigEditor';

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  DataSourcePicker: ({ current, onChange }: { current: string; onChange: (settings: { uid: string }) => void }) => (
    <button onClick={() => onChange({ uid: 'tempo' })}>data source {current}</button>
  ),
}));

type Settings = ComponentProps<typeof ConfigEditor>['options'];
let latest: Settings;

function Host({ jsonData }: { jsonData: LogstoreOptions }) {
  const [options, setOptions] = useState({ id: 1, uid: 'ls', name: 'Logstore', url: '', access: 'proxy', jsonData, secureJsonData: {}, secureJsonFields: {} } as unknown as Settings);
  latest = options;
  return <ConfigEditor options={options} onOptionsChange={setOptions} />;
}

const show = (jsonData: LogstoreOptions = {}) => render(<Host jsonData={jsonData} />);

test('the URL is set', async () => {
  show();
  await user.type(screen.getByPlaceholderText('http://localhost:24280'), 'http://logs:24280');
  expect(latest.url).toBe('http://logs:24280');
});

test('authentication, TLS and headers are there to be set', () => {
  show();
  expect(screen.getByText('Authentication')).toBeInTheDocument();
  expect(screen.getByText('Skip TLS certificate validation')).toBeInTheDocument();
  expect(screen.getByText('HTTP headers')).toBeInTheDocument();
});

test('the tenant and its header are set, and taken away', async () => {
  show({ tenant: 'a' });
  await user.type(screen.getByLabelText('Tenant'), 'b');
  expect(latest.jsonData.tenant).toBe('ab');
  await user.type(screen.getByLabelText('Header'), 'X-T');
  expect(latest.jsonData.tenantHeader).toBe('X-T');
  await user.clear(screen.getByLabelText('Tenant'));
  expect(latest.jsonData.tenant).toBeUndefined();
});

test('a limit that cannot be is told', async () => {
  show();
  await user.type(screen.getByLabelText('Lines per query'), '20000');
  expect(latest.jsonData.maxLines).toBe(20_000);
  expect(screen.getByText('From 1 to 10000')).toBeInTheDocument();
  await user.clear(screen.getByLabelText('Lines per query'));
  expect(latest.jsonData.maxLines).toBeUndefined();
  expect(screen.queryByText('From 1 to 10000')).not.toBeInTheDocument();
});

test('fields of the context are set', async () => {
  show();
  await user.type(screen.getByPlaceholderText('tag'), 'pod{enter}');
  expect(latest.jsonData.contextFields).toEqual(['pod']);
});

test('a derived field is added, filled in and removed', async () => {
  show();
  await user.click(screen.getByRole('button', { name: 'Add a derived field' }));
  await user.type(screen.getByLabelText('Name'), 'id');
  await user.click(screen.getByLabelText('Line'));
  await user.type(screen.getByLabelText('Regular expression'), '(x');
  expect(screen.getByText(/Unterminated group/)).toBeInTheDocument();
  await user.type(screen.getByLabelText('Regular expression'), ')');
  await user.type(screen.getByRole('textbox', { name: 'URL' }), 'http://y');
  expect(latest.jsonData.derivedFields).toEqual([{ name: 'id', matcherType: 'regex', matcherRegex: '(x)', url: 'http://y' }]);
  await user.click(screen.getByLabelText('Remove the derived field id'));
  expect(latest.jsonData.derivedFields).toEqual([]);
});

test('a link to traces is one click and a data source', async () => {
  show();
  await user.click(screen.getByRole('button', { name: 'Add a link to traces' }));
  await user.click(screen.getByRole('button', { name: /^data source/ }));
  expect(latest.jsonData.derivedFields).toEqual([expect.objectContaining({ name: 'trace_id', datasourceUid: 'tempo', url: '${__value.raw}' })]);
});

test('a level rule is added, changed, switched off and removed', async () => {
  show();
  await user.click(screen.getByRole('button', { name: 'Add a level rule' }));
  await user.type(screen.getByLabelText('Field'), 'status');
  await user.type(screen.getByLabelText('Value'), '500');
  await user.click(screen.getByLabelText('In use'));
  expect(latest.jsonData.levelRules).toEqual([{ field: 'status', operator: '=', value: '500', level: 'error', disabled: true }]);
  await user.click(screen.getByLabelText('Remove this rule'));
  expect(latest.jsonData.levelRules).toEqual([]);
});
