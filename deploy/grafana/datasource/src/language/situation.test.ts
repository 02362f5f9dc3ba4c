import { Situation, situationAt } from './situation';

/** `^` is where the cursor stands. */
function at(marked: string): Situation {
  const cursor = marked.indexOf('^');
  return situationAt(marked.replace('^', ''), cursor);
}

test.each<[string, Situation]>([
  ['^', { kind: 'term', typed: '', afterTerm: false, atStart: true }],
  ['err^', { kind: 'term', typed: 'err', afterTerm: false, atStart: true }],
  ['error ^', { kind: 'term', typed: '', afterTerm: true, atStart: false }],
  ['error OR ^', { kind: 'term', typed: '', afterTerm: false, atStart: false }],
  ['error -ser^', { kind: 'term', typed: 'ser', afterTerm: false, atStart: false }],
  ['(a OR b^', { kind: 'term', typed: 'b', afterTerm: false, atStart: false }],
  ['service:^', { kind: 'value', field: 'service', typed: '', search: '', quoted: false }],
  ['level:error service:we^', { kind: 'value', field: 'service', typed: 'we', search: 'level:error', quoted: false }],
  ['-`a b`:x^', { kind: 'value', field: 'a b', typed: 'x', search: '', quoted: false }],
  ['service:"a b^', { kind: 'value', field: 'service', typed: 'a b', search: '', quoted: true }],
  ['status:(200, 2^', { kind: 'value', field: 'status', typed: '2', search: '', quoted: false }],
  ['status:("20^', { kind: 'value', field: 'status', typed: '20', search: '', quoted: true }],
  ['"a phrase^', { kind: 'nothing' }],
  ['error | ^', { kind: 'stage', typed: '' }],
  ['error | cou^', { kind: 'stage', typed: 'cou' }],
  ['* | where ^', { kind: 'expression', typed: '', stage: 'where', aggregates: false }],
  ['* | where lower(me^', { kind: 'expression', typed: 'me', stage: 'where', aggregates: false }],
  ['* | where x == "a^', { kind: 'nothing' }],
  ['* | where x in (^', { kind: 'nothing' }],
  ['* | stats ^', { kind: 'expression', typed: '', stage: 'stats', aggregates: true }],
  ['* | stats avg(du^', { kind: 'expression', typed: 'du', stage: 'stats', aggregates: false }],
  ['* | stats count() by ^', { kind: 'expression', typed: '', stage: 'stats', aggregates: false }],
  ['* | count by ser^', { kind: 'expression', typed: 'ser', stage: 'count', aggregates: false }],
  ['* | fields a, b.^', { kind: 'name', typed: 'b.', stage: 'fields' }],
  ['* | sort -^', { kind: 'name', typed: '', stage: 'sort' }],
  ['* | limit ^', { kind: 'nothing' }],
  ['* | parse "<a>" from ^', { kind: 'name', typed: '', stage: 'parse' }],
  ['* | union (level:^', { kind: 'value', field: 'level', typed: '', search: '', quoted: false }],
  ['* | union (a | cou^', { kind: 'stage', typed: 'cou' }],
  ['trace_id:in(lev^', { kind: 'term', typed: 'lev', afterTerm: false, atStart: false }],
  ['error | ^count', { kind: 'stage', typed: '' }],
])('at %s', (marked, situation) => {
  expect(at(marked)).toEqual(situation);
});
