// Serves the page on a free port of this machine, with the icons and fonts that Grafana has in its public folder.
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { build } = require('./build.js');
const { Host } = require('./host.js');
const { follow, isLive } = require('./live.js');
const { answer, settingsOf } = require('./routes.js');

const MODULES = path.join(__dirname, '..', 'node_modules');
const ICONS = path.join(MODULES, '@grafana/ui/dist/public/img/icons');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.ttf': 'font/ttf', '.woff2': 'font/woff2' };

const FONTS = {
  'inter/Inter-Regular.woff2': 'inter/files/inter-latin-400-normal.woff2',
  'inter/Inter-MediumItalic.woff2': 'inter/files/inter-latin-500-italic.woff2',
  'inter/Inter-Italic.woff2': 'inter/files/inter-latin-400-italic.woff2',
  'inter/Inter-Medium.woff2': 'inter/files/inter-latin-500-normal.woff2',
  'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2': 'roboto-mono/files/roboto-mono-latin-400-normal.woff2',
};

/** The file of a path of the page; what is outside of the two folders is none. */
function fileOf(folder, pathname) {
  const icon = /^\/public\/build\/img\/icons\/([\w-]+\/[\w-]+\.svg)$/.exec(pathname);
  if (icon) {
    const file = path.join(ICONS, icon[1]);
    // The package lacks the spinner.
    return fs.existsSync(file) ? file : path.join(ICONS, 'unicons', 'circle.svg');
  }
  const font = FONTS[pathname.replace(/^\/public\/fonts\//, '')];
  if (font) {
    return path.join(MODULES, '@fontsource', font);
  }
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  return /^[\w.-]+$/.test(name) ? path.join(folder, name) : undefined;
}

function read(request) {
  return new Promise((resolve) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => resolve(body));
  });
}

async function respond(host, settings, folder, request, response) {
  const { method, url } = request;
  const { pathname } = new URL(url, 'http://localhost');
  const body = await read(request);
  if (isLive(pathname)) {
    return follow(host, settings, pathname, body, response);
  }
  const answered = await answer(host, settings, { method, url, body });
  if (answered !== undefined) {
    response.writeHead(answered.status, { 'Content-Type': 'application/json' }).end(answered.body);
    return;
  }
  const file = fileOf(folder, pathname);
  if (file === undefined || !fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  // The folder is new each time, and so is the port.
  response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'max-age=3600' }).end(fs.readFileSync(file));
}

/** Builds the page and serves it; `logstore` is the URL of a server, `host` and `backEnd` are programs. */
async function serve({ logstore, host: program, backEnd }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logstore-harness-'));
  await build(folder);
  const host = new Host(program, backEnd);
  const settings = settingsOf(logstore);
  const server = http.createServer((request, response) => {
    respond(host, settings, folder, request, response).catch((error) => response.writeHead(502).end(JSON.stringify({ message: error.message })));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await host.close();
    fs.rmSync(folder, { recursive: true });
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

module.exports = { serve };

if (require.main === module) {
  const [logstore, host, backEnd] = process.argv.slice(2);
  if (backEnd === undefined) {
    console.error('usage: node harness/serve.js LOGSTORE_URL HOST_PROGRAM BACK_END_PROGRAM');
    process.exit(2);
  }
  serve({ logstore, host, backEnd }).then(
    ({ url }) => console.log(`open ${url}/#show=explore, or #show= with settings, variables, annotation, context or filters`),
    (error) => {
      console.error(error);
      process.exit(1);
    }
  );
}
