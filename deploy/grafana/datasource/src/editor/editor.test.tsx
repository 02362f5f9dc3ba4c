import { CoreApp, dateTime } from '@grafana/data';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import { user } from '../../test/user';
import { useState } from 'react';
import { fakeEditor } from '../../test/codeEditor';
import type { LogstoreDatasource } from '../datasource';
import { Resources } from '../resources';
import { LogstoreQuery } from '../types';
import { QueryEditor } from './QueryEditor';

jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: (jest.requireActual('../../test/codeEditor') as typeof import('../../test/codeEditor')).FakeCodeEditor,
}));

const getResource = jest.fn();
const datasource = {
  resources: new Resources((path, parameters) => getResource(path, parameters)),
  options: {},
  interpolated: (text: string) => text,
} as unknown as LogstoreDatasource;

const range = { from: dateTime(0), to: dateTime(1), raw: { from: dateTime(0), to: dateTime(1) } };
const run = jest.fn();
let latest: LogstoreQuery;

function Host({ query, app }: { query: Partial<LogstoreQuery>; app?: CoreApp }) {
  const [current, setCurrent] = useState<LogstoreQuery>({ refId: 'A', expr: '', ...query });
  latest = current;
  return <QueryEditor datasource={datasource} query={current} app={app} range={range} onChange={setCurrent} onRunQuery={run} />;
}

const show = (query: Partial<LogstoreQuery>, app?: CoreApp) => render(<Host query={query} app={app} />);

beforeEach(() => {
  getResource.mockReset().mockImplementation(async (path: string) => {
    switch (path) {
      case 'fields':
        return { fields: [{ name: 'service', kinds: 'text' }, { name: 'pod' }] };
      case 'fields/values':
        return { values: [{ value: 'web' }, { value: 'a b' }] };
      case 'explain':
        return { text: 'scan 3 parts' };
      default:
        return {};
    }
  });
  run.mockReset();
});

describe('as text', () => {
  test('what is written is the query', async () => {
    show({ editorMode: 'code' });
    await user.type(screen.getByLabelText('Query text'), 'error');
    expect(latest.expr).toBe('error');
  });

  test('the fault that the server finds is told and marked', async () => {
    getResource.mockResolvedValue({ error: { message: 'unknown stage cuont', hint: 'did you mean count?', line: 1, column: 5 } });
    show({ editorMode: 'code', expr: '* | cuont' });
    expect(await screen.findByText('unknown stage cuont (line 1, column 5): did you mean count?')).toBeInTheDocument();
    expect(fakeEditor.markers).toEqual([expect.objectContaining({ startColumn: 5, endColumn: 10 })]);
    expect(getResource).toHaveBeenCalledWith('parse', { query: '* | cuont' });
  });

  test('a fault is not told of a text that it was not found in', async () => {
    getResource.mockResolvedValueOnce({ error: { message: 'wrong' } });
    show({ editorMode: 'code', expr: '* | cuont' });
    await screen.findByText('wrong');
    await user.type(screen.getByLabelText('Query text'), 's');
    expect(screen.queryByText('wrong')).not.toBeInTheDocument();
  });

  test('the query is formatted by the server', async () => {
    getResource.mockResolvedValue({ canonical: 'a b' });
    show({ editorMode: 'code', expr: 'a   AND b' });
    const format = screen.getByRole('button', { name: 'Format' });
    expect(format).toBeDisabled();
    await waitFor(() => expect(format).toBeEnabled());
    await user.click(format);
    expect(latest.expr).toBe('a b');
    await waitFor(() => expect(format).toBeDisabled());
  });

  test('shift and enter asks', async () => {
    fakeEditor.commands.length = 0;
    show({ editorMode: 'code', expr: 'error' });
    act(() => fakeEditor.commands[0]());
    expect(run).toHaveBeenCalled();
  });

  test('a server that does not answer is no fault of the query', async () => {
    getResource.mockRejectedValue(new Error('away'));
    show({ editorMode: 'code', expr: 'error' });
    await waitFor(() => expect(getResource).toHaveBeenCalled());
    expect(screen.getByTestId('logstore-verdict')).toBeEmptyDOMElement();
  });
});

describe('as a form', () => {
  test('terms and stages of the query are rows', () => {
    show({ editorMode: 'builder', expr: 'service:web "a b" | json | limit 5' });
    expect(screen.getByText('service')).toBeInTheDocument();
    expect(screen.getByText('web')).toBeInTheDocument();
    expect(screen.getByLabelText('Text')).toHaveValue('a b');
    expect(screen.getByLabelText('Arguments of limit')).toHaveValue('5');
  });

  test('a field, then a value of it is chosen', async () => {
    show({ editorMode: 'builder', expr: '*' });
    await user.click(screen.getByRole('button', { name: 'Field' }));
    await user.click(screen.getByLabelText('Field'));
    await user.click(await screen.findByText('service'));
    expect(latest.expr).toBe('*');
    await user.click(screen.getByLabelText('Value'));
    await user.click(await screen.findByText('a b'));
    expect(latest.expr).toBe('service:"a b"');
    expect(getResource).toHaveBeenCalledWith('fields/values', expect.objectContaining({ field: 'service' }));
  });

  test('a text and a stage are added, changed and removed', async () => {
    show({ editorMode: 'builder', expr: '*' });
    await user.click(screen.getByRole('button', { name: 'Text' }));
    await user.type(screen.getByLabelText('Text'), 'time out');
    await user.tab();
    expect(latest.expr).toBe('"time out"');
    await user.click(screen.getByRole('button', { name: 'Stage' }));
    await user.click(screen.getByLabelText('Stage'));
    await user.click(await screen.findByText('limit'));
    await user.type(screen.getByLabelText('Arguments of limit'), '7');
    await user.tab();
    expect(latest.expr).toBe('"time out" | limit 7');
    await user.click(screen.getByRole('button', { name: 'Remove limit' }));
    await user.click(screen.getByRole('button', { name: 'Remove this condition' }));
    expect(latest.expr).toBe('*');
  });

  test('a query that it cannot show is left alone, and shown as text', async () => {
    show({ editorMode: 'builder', expr: 'a OR b' });
    expect(screen.getByText('The form cannot show this query')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Show the text' }));
    expect(screen.getByLabelText('Query text')).toHaveValue('a OR b');
    expect(latest).toMatchObject({ expr: 'a OR b', editorMode: 'code' });
  });

  test('a text that changes elsewhere is what the form shows', () => {
    const { rerender } = render(
      <QueryEditor datasource={datasource} query={{ refId: 'A', expr: '"one x"', editorMode: 'builder' }} range={range} onChange={jest.fn()} onRunQuery={run} />
    );
    rerender(<QueryEditor datasource={datasource} query={{ refId: 'A', expr: 'service:api', editorMode: 'builder' }} range={range} onChange={jest.fn()} onRunQuery={run} />);
    expect(screen.queryByLabelText('Text')).not.toBeInTheDocument();
    expect(screen.getByText('api')).toBeInTheDocument();
  });
});

describe('around the query', () => {
  test('the mode is chosen and kept', async () => {
    show({ expr: 'error' });
    expect(screen.getByLabelText('Query text')).toBeInTheDocument();
    await user.click(screen.getByLabelText('Builder'));
    expect(latest.editorMode).toBe('builder');
  });

  test('it is explained, and how it would be answered', async () => {
    show({ expr: 'error | limit 5' });
    await user.click(screen.getByRole('switch'));
    expect(within(screen.getByTestId('logstore-explain')).getAllByRole('listitem')).toHaveLength(2);
    await user.click(screen.getByRole('button', { name: 'Show the plan' }));
    expect(await screen.findByTestId('logstore-plan')).toHaveTextContent('scan 3 parts');
  });

  test('a plan that cannot be had says why', async () => {
    getResource.mockRejectedValue({ data: { message: 'no such stage' } });
    show({ expr: 'error' });
    await user.click(screen.getByRole('switch'));
    await user.click(screen.getByRole('button', { name: 'Show the plan' }));
    expect(await screen.findByText('no such stage')).toBeInTheDocument();
  });

  test('Explore has its own button', async () => {
    const { unmount } = show({ expr: 'error' }, CoreApp.Explore);
    expect(screen.queryByRole('button', { name: 'Run query' })).not.toBeInTheDocument();
    unmount();
    show({ expr: 'error' }, CoreApp.Dashboard);
    await user.click(screen.getByRole('button', { name: 'Run query' }));
    expect(run).toHaveBeenCalled();
  });

  test('lines have a limit, and it has bounds', async () => {
    show({ expr: 'error' });
    await user.type(screen.getByLabelText(/Limit/), '99999');
    await user.tab();
    expect(latest.maxLines).toBe(10_000);
    await user.clear(screen.getByLabelText(/Limit/));
    await user.tab();
    expect(latest.maxLines).toBeUndefined();
  });

  test('numbers have a legend, and a step over time', async () => {
    show({ expr: '* | count by bin(1m), level' });
    await user.type(screen.getByLabelText(/Legend/), '{{{{level}}');
    await user.tab();
    await user.type(screen.getByLabelText(/Step/), '5m');
    await user.tab();
    expect(latest).toMatchObject({ legendFormat: '{{level}}', step: '5m' });
    await user.click(screen.getByLabelText('Instant'));
    expect(latest.queryType).toBe('instant');
    expect(screen.queryByLabelText(/Step/)).not.toBeInTheDocument();
  });

  test('alerts are offered numbers only', () => {
    show({ expr: 'error | count' }, CoreApp.UnifiedAlerting);
    expect(screen.queryByLabelText('Logs')).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Table')).not.toBeInTheDocument();
    expect(screen.getByLabelText('Instant')).toBeInTheDocument();
  });
});
