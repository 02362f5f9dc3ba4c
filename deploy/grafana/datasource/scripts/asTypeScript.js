// Lets Node read the TypeScript of src/, for scripts that use the query model outside of jest.
const fs = require('node:fs');
const { transformSync } = require('@swc/core');
const swc = require('../swc.json');

require.extensions['.ts'] = (module, file) => {
  const { code } = transformSync(fs.readFileSync(file, 'utf8'), { ...swc, filename: file, module: { type: 'commonjs' } });
  module._compile(code, file);
};
