const swc = require('./swc.json');

// Packages that ship as ES modules only, which Node's require (and so jest) cannot read as they are.
const esModules = [
  '@grafana/schema', '@react-awesome-query-builder', 'd3', 'd3-.*', 'delaunator', 'internmap', 'marked', 'monaco-editor',
  'ol', 'react-calendar', 'robust-predicates', 'uuid', 'get-user-locale', 'memoize', 'mimic-function', '@wojtekmaj/.*', 'lodash-es',
].join('|');

module.exports = {
  testEnvironment: 'jsdom',
  // A bound for what hangs, not for what is slow on a busy machine.
  testTimeout: 60_000,
  // Nothing else is looked through: packages of another Grafana may stand beside.
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/src/**/*.test.{ts,tsx}'],
  setupFilesAfterEnv: ['<rootDir>/test/setup.ts'],
  moduleNameMapper: {
    '\\.(css|scss|sass|svg)$': '<rootDir>/test/no-style.js',
    '^monaco-editor.*$': '<rootDir>/test/no-style.js',
    '^react-inlinesvg$': '<rootDir>/test/no-icon.js',
  },
  // d3-color ships `.mjs` too.
  transform: { '^.+\\.m?(t|j)sx?$': ['@swc/jest', { ...swc, sourceMaps: 'inline' }] },
  transformIgnorePatterns: [`node_modules/(?!(?:.*/)?(?:${esModules})/)`],
};
