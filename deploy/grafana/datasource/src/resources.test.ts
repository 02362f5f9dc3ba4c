import { dateTime, TimeRange } from '@grafana/data';
import { Resources } from './resources';

const range = (from: number, to: number): TimeRange => ({ from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } });

test('the same question is asked once a minute, whatever the seconds of its range', async () => {
  let now = 0;
  const ask = jest.fn().mockResolvedValue({ values: [{ value: 'web' }] });
  const resources = new Resources(ask, () => now);
  expect(await resources.values('service', range(60_000, 90_001))).toEqual([{ value: 'web' }]);
  await resources.values('service', range(60_500, 91_000));
  expect(ask).toHaveBeenCalledTimes(1);
  expect(ask).toHaveBeenCalledWith('fields/values', { field: 'service', query: '*', limit: 1000, from: 60_000, to: 120_000 });
  now = 60_001;
  await resources.values('service', range(60_000, 90_001));
  expect(ask).toHaveBeenCalledTimes(2);
});

test('values that begin so are another question', async () => {
  const ask = jest.fn().mockResolvedValue({ values: [] });
  const resources = new Resources(ask);
  await resources.values('user');
  await resources.values('user', undefined, '*', 10, 'an');
  expect(ask.mock.calls.map(([, parameters]) => parameters)).toEqual([
    { field: 'user', query: '*', limit: 1000 },
    { field: 'user', query: '*', limit: 10, prefix: 'an' },
  ]);
});

test('a failure is not kept', async () => {
  const ask = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue({ fields: [] });
  const resources = new Resources(ask);
  await expect(resources.fields()).rejects.toThrow('away');
  expect(await resources.fields()).toEqual([]);
});

test('a hundred answers are kept, and the oldest go', async () => {
  const ask = jest.fn().mockResolvedValue({ values: [] });
  const resources = new Resources(ask);
  for (let index = 0; index <= 100; index += 1) {
    await resources.values(`f${index}`);
  }
  await resources.values('f100');
  expect(ask).toHaveBeenCalledTimes(101);
  await resources.values('f0');
  expect(ask).toHaveBeenCalledTimes(102);
});
