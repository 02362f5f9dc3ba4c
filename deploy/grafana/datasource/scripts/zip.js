// Makes release/<id>-<version>.zip of dist/: one folder, named as the plugin. The same content gives the same bytes: entries
// are sorted, and have one fixed time.
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const PLUGIN_ID = 'logstore-logstore-datasource';
const ROOT = path.join(__dirname, '..');

// 1980-01-01T00:00, the first time that the format knows.
const DOS_TIME = 0;
const DOS_DATE = (1 << 5) | 1;
const DEFLATED = 8;
// Names are UTF-8.
const FLAGS = 0x0800;
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;

/** All files below `folder`, as paths with slashes, sorted by code point. */
function filesOf(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
    .sort((one, other) => (one < other ? -1 : 1));
}

/** Back ends are programs; everything else is only read. */
function modeOf(name) {
  return /(^|\/)gpx_/.test(name) ? 0o755 : 0o644;
}

function header(signature, fields) {
  const parts = [[4, signature], ...fields].map(([size, value]) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntLE(value, 0, size);
    return bytes;
  });
  return Buffer.concat(parts);
}

/** A zip archive of files: `[name, content]`, in this order. */
function zip(files) {
  const written = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of files) {
    const title = Buffer.from(name, 'utf8');
    const packed = zlib.deflateRawSync(content, { level: 9 });
    const shared = [[2, FLAGS], [2, DEFLATED], [2, DOS_TIME], [2, DOS_DATE], [4, zlib.crc32 ? zlib.crc32(content) : crc32(content)], [4, packed.length], [4, content.length], [2, title.length], [2, 0]];
    const local = Buffer.concat([header(0x04034b50, [[2, VERSION], ...shared]), title, packed]);
    const attributes = [[2, 0], [2, 0], [2, 0], [4, ((0o100000 | modeOf(name)) << 16) >>> 0], [4, offset]];
    directory.push(header(0x02014b50, [[2, MADE_ON_UNIX], [2, VERSION], ...shared, ...attributes]), title);
    written.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = header(0x06054b50, [[2, 0], [2, 0], [2, files.length], [2, files.length], [4, central.length], [4, offset], [2, 0]]);
  return Buffer.concat([...written, central, end]);
}

/** CRC-32 as the format has it, for Node before 20.15. */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return (crc ^ -1) >>> 0;
}

function archive(folder) {
  return zip(filesOf(folder).map((name) => [`${PLUGIN_ID}/${name}`, fs.readFileSync(path.join(folder, name))]));
}

module.exports = { archive, zip, crc32 };

if (require.main === module) {
  const dist = path.join(ROOT, 'dist');
  if (!fs.existsSync(path.join(dist, 'module.js'))) {
    console.error('there is no dist/module.js: run `npm run build` first');
    process.exit(1);
  }
  const { version } = require('../package.json');
  const target = path.join(ROOT, 'release', `${PLUGIN_ID}-${version}.zip`);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, archive(dist));
  console.log(path.relative(ROOT, target));
}
