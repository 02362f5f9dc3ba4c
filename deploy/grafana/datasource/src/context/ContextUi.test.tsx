import { LogRowModel } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { user } from '../../test/user';
import { ContextKeys } from './contextKeys';
import { contextUi } from './ContextUi';

test('the reader widens the context, and comes back to the usual one', async () => {
  const row = { uid: 'u', labels: { tag: 'a', pod: 'b' } as Record<string, string> } as LogRowModel;
  const keys = new ContextKeys(['tag']);
  const ask = jest.fn();
  render(<>{contextUi(row, keys, ask)}</>);
  await user.click(screen.getByLabelText('Fields that the lines of the context share'));
  await user.click(await screen.findByText('pod=b'));
  expect(keys.of(row)).toEqual(['tag', 'pod']);
  expect(ask).toHaveBeenCalledTimes(1);
  await user.click(screen.getByRole('button', { name: 'Reset' }));
  expect(keys.of(row)).toEqual(['tag']);
});
