import { explain } from './steps';

test.each([
  ['*', ['finds all events']],
  ['', ['finds all events']],
  ['timeout service:web', ['finds events whose message holds “timeout”, and whose service is “web”']],
  ['-a (b OR ~"c")', ['finds events not whose message holds “a”, and (whose message holds “b”, or whose message matches “c”)']],
  ['a:* b:(x, y) c:>5 d:1..2 e:w* f:~"r" g:in(x)', [
    'finds events that have a, and whose b is one of “x”, “y”, and whose c is above 5, and whose d lies from 1 to 2, and whose e fits “w*”, and whose f matches “r”, and whose g is among what “x” finds',
  ]],
  ['level: error | cuont', ['a search', 'a stage that does not exist']],
  ['* | limit 5', ['finds all events', 'keeps the first N rows']],
])('%s in words', (query, told) => {
  expect(explain(query).map(({ does }) => does)).toEqual(told);
});
