// Loads what `npm run build` has made as Grafana does: an AMD module whose dependencies Grafana brings.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const vm = require('node:vm');

const DIST = path.join(__dirname, '..', 'dist');
const BUNDLE = path.join(DIST, 'module.js');

/** What Grafana has for plugins. The bundle may ask for nothing else. */
const OFFERED = ['@emotion/css', '@grafana/data', '@grafana/runtime', '@grafana/ui', 'lodash', 'moment', 'react', 'react-dom', 'react/jsx-runtime', 'rxjs'];

class DataSourcePlugin {
  constructor(datasource) {
    this.DataSourceClass = datasource;
    this.components = {};
  }
  setConfigEditor(editor) {
    this.components.ConfigEditor = editor;
    return this;
  }
  setQueryEditor(editor) {
    this.components.QueryEditor = editor;
    return this;
  }
}

/** Stands for a module: every name is something that can be called, extended and read. */
function stub(own = {}) {
  const anything = new Proxy(function () {}, {
    get: (target, name) => (name === 'prototype' ? target.prototype : name === Symbol.toPrimitive ? () => '' : anything),
    apply: () => anything,
    construct: () => ({}),
  });
  return new Proxy(own, { get: (target, name) => (name in target ? target[name] : name === '__esModule' ? true : anything) });
}

function load() {
  let defined;
  const define = (...args) => (defined = { factory: args.pop(), names: [...(args.pop() ?? [])] });
  define.amd = {};
  const context = vm.createContext({ define, console, URL, setTimeout, clearTimeout });
  context.window = context.self = context.globalThis = context;
  context.document = { currentScript: null, getElementsByTagName: () => [] };
  vm.runInContext(fs.readFileSync(BUNDLE, 'utf8'), context);
  return defined;
}

test('the bundle is an AMD module that exports the plugin with its editors', () => {
  const { names, factory } = load();
  const exported = factory(...names.map((name) => (name === 'module' ? { uri: 'public/plugins/x/module.js' } : stub(name === '@grafana/data' ? { DataSourcePlugin } : {}))));
  assert.ok(exported.plugin instanceof DataSourcePlugin);
  assert.equal(typeof exported.plugin.DataSourceClass, 'function');
  assert.equal(typeof exported.plugin.components.ConfigEditor, 'function');
  assert.equal(typeof exported.plugin.components.QueryEditor, 'function');
});

test('the bundle asks for nothing that Grafana does not bring', () => {
  const { names } = load();
  assert.deepEqual(names.filter((name) => name !== 'module' && !OFFERED.includes(name)), []);
  assert.ok(names.includes('@grafana/data') && names.includes('react'));
});

test('the bundle names no place of the machine that it was built on', () => {
  const text = fs.readFileSync(BUNDLE, 'utf8');
  assert.equal(text.includes(path.dirname(__dirname)), false);
  assert.equal(text.includes('node_modules'), false);
});

test('what %VERSION% and the like stand for is filled in', () => {
  for (const name of fs.readdirSync(DIST).filter((file) => file.endsWith('.json'))) {
    const text = fs.readFileSync(path.join(DIST, name), 'utf8');
    assert.doesNotMatch(text, /%[A-Z_]+%/);
  }
});

test('what its pages and plugin.json point to is in the archive', () => {
  const pages = fs.readdirSync(DIST).filter((file) => file.endsWith('.md'));
  assert.ok(pages.includes('README.md') && pages.includes('CHANGELOG.md'));
  const linked = pages.flatMap((page) => [...fs.readFileSync(path.join(DIST, page), 'utf8').matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target));
  const { info, includes } = JSON.parse(fs.readFileSync(path.join(DIST, 'plugin.json'), 'utf8'));
  const named = [...info.screenshots.map(({ path: picture }) => picture), ...Object.values(info.logos), ...includes.map(({ path: file }) => file)];
  const wanted = [...linked.filter((target) => !/^https?:/.test(target)), ...named];
  assert.ok(wanted.length > 5);
  assert.deepEqual(wanted.filter((target) => !fs.existsSync(path.join(DIST, target))), []);
});
