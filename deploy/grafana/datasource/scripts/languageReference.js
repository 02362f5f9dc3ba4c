// Writes src/language/reference.json: the stages and functions that the editor completes and explains, out of the tables of
// docs/language.md. A test compares the two.
const fs = require('fs');
const path = require('path');

const DOCS = path.join(__dirname, '..', '..', '..', '..', 'docs', 'language.md');
const REFERENCE = path.join(__dirname, '..', 'src', 'language', 'reference.json');

/** The rows of the table under a heading, as cells. */
function table(text, heading) {
  const section = text.split(new RegExp(`^##+ ${heading}$`, 'm'))[1].split(/^##/m)[0];
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/`[^`]*`/g, (code) => code.replaceAll('|', '\u0000')).split('|').slice(1, -1).map((cell) => cell.replaceAll('\u0000', '|').trim()));
}

const usages = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, usage]) => usage);

/** The stages of one row: `count by` is told in the same row as nothing else, `parse` twice in one. */
function stage([cell, summary]) {
  const forms = usages(cell);
  return { name: forms[0].split(' ')[0], usage: forms.join('\n'), summary };
}

function call([cell, gives, summary]) {
  const forms = usages(cell);
  return { name: forms[0].replace(/\(.*/, ''), usage: forms.join('\n'), gives, summary };
}

function reference(text) {
  return {
    stages: table(text, 'Stages').map(stage),
    functions: table(text, 'Functions').map(call),
    aggregates: table(text, 'Aggregates').map(call),
  };
}

module.exports = { reference, DOCS, REFERENCE };

if (require.main === module) {
  fs.writeFileSync(REFERENCE, `${JSON.stringify(reference(fs.readFileSync(DOCS, 'utf8')), null, 2)}\n`);
}
