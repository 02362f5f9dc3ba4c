// Writes queries for another program to read: a JSON array of questions comes in, one of answers goes out. The tests in Python
// hold them against the server's own parser.
require('./asTypeScript.js');
const { encodeFilter } = require('../src/language/filter.ts');
const { encodeCondition } = require('../src/language/stages.ts');
const { encodeText, encodeField, encodeName } = require('../src/language/spelling.ts');
const { parseSearch } = require('../src/language/parseSearch.ts');
const { toBuilder, fromBuilder } = require('../src/language/builder.ts');
const { toggleFilter } = require('../src/language/editSearch.ts');
const { interpolate } = require('../src/query/interpolate.ts');

const ANSWERS = {
  filter: encodeFilter,
  condition: encodeCondition,
  text: encodeText,
  field: encodeField,
  name: encodeName,
  isSearch: (text) => parseSearch(text) !== undefined,
  throughForm: (query) => {
    const rows = toBuilder(query);
    return rows === undefined ? null : fromBuilder(rows);
  },
  toggled: ({ query, filter }) => toggleFilter(query, filter),
  filledIn: ({ query, values }) => interpolate(query, (_text, _vars, format) => format(values), {}),
};

let asked = '';
process.stdin.on('data', (chunk) => (asked += chunk));
process.stdin.on('end', () => {
  const answers = JSON.parse(asked).map(([what, argument]) => ANSWERS[what](argument));
  process.stdout.write(JSON.stringify(answers));
});
