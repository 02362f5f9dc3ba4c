// Bundles the page with all that Grafana brings for a plugin: its components, its data model and its editor.
const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');

const PAGE = path.join(__dirname, 'page');

/** Writes the page into `folder`. React is the one for development, which tells what is wrong. */
async function build(folder) {
  await esbuild.build({
    entryPoints: { main: path.join(PAGE, 'main.tsx'), 'editor.worker': require.resolve('monaco-editor/esm/vs/editor/editor.worker.js') },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"', global: 'globalThis' },
    loader: { '.ttf': 'file', '.svg': 'file', '.png': 'file' },
    logLevel: 'error',
  });
  fs.copyFileSync(path.join(PAGE, 'index.html'), path.join(folder, 'index.html'));
  fs.copyFileSync(path.join(__dirname, '..', 'src', 'img', 'logo.svg'), path.join(folder, 'logo.svg'));
}

module.exports = { build };
