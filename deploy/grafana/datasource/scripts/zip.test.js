const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { archive, crc32, zip } = require('./zip.js');

function folderOf(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'));
  for (const [name, content] of files) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

test('the same files give the same bytes, whenever and in whatever order they were written', () => {
  const files = [['module.js', 'x'.repeat(1000)], ['img/logo.svg', '<svg/>'], ['gpx_logstore_linux_amd64', '\x7fELF']];
  const [one, other] = [folderOf(files), folderOf(files.toReversed())];
  fs.utimesSync(path.join(other, 'module.js'), 1, 1);
  try {
    assert.deepEqual(archive(one), archive(other));
  } finally {
    for (const folder of [one, other]) {
      fs.rmSync(folder, { recursive: true });
    }
  }
});

test('the checksum is that of the format', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
});

test('an archive of nothing is a valid one', () => {
  assert.equal(zip([]).length, 22);
});
