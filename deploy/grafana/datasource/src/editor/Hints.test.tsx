import { createDataFrame, FieldType } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { user } from '../../test/user';
import type { LogstoreDatasource } from '../datasource';
import { queryHints } from '../query/hints';
import { Hints } from './Hints';

const datasource = { getQueryHints: queryHints } as unknown as LogstoreDatasource;
const query = { refId: 'A', expr: '*' };
const lines = (...values: string[]) => [createDataFrame({ fields: [{ name: 'body', type: FieldType.string, values }] })];

test('what could be done is one click away', async () => {
  const fix = jest.fn();
  render(<Hints datasource={datasource} query={query} found={lines('{"a": 1}')} onFix={fix} />);
  await user.click(screen.getByRole('button', { name: /The lines are JSON/ }));
  expect(fix).toHaveBeenCalledWith({ type: 'ADD_JSON' });
});

test('where nothing could be done there is nothing to see', () => {
  const { container } = render(<Hints datasource={datasource} query={query} found={lines('plain')} onFix={jest.fn()} />);
  expect(container).toBeEmptyDOMElement();
});
