import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

// Functions that tests hand to a browser.
const browser = { document: 'readonly', window: 'readonly', getComputedStyle: 'readonly' };
const node = { console: 'readonly', process: 'readonly', require: 'writable', module: 'writable', __dirname: 'readonly', Buffer: 'readonly', URL: 'readonly', URLSearchParams: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', fetch: 'readonly' };

export default ts.config(
  { ignores: ['dist', 'release', 'node_modules'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['scripts/**', 'harness/*.js', 'test/*.js', '*.js'],
    languageOptions: { globals: node, sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-console': 'off' },
  },
  { files: ['harness/browser*.js', 'harness/pictures.js'], languageOptions: { globals: browser } }
);
