// Builds what Grafana loads: an AMD module that takes from Grafana what Grafana has already.
const path = require('path');
const CopyPlugin = require('copy-webpack-plugin');
const { version } = require('./package.json');
const swc = require('./swc.json');

const PLUGIN_ID = 'logstore-logstore-datasource';

// As in the configuration that @grafana/create-plugin makes.
const EXTERNALS = new Set([
  'lodash', 'jquery', 'moment', 'slate', 'emotion', '@emotion/react', '@emotion/css', 'prismjs', 'slate-plain-serializer',
  '@grafana/slate-react', 'react', 'react-dom', 'react/jsx-runtime', 'react/jsx-dev-runtime', 'react-redux', 'redux', 'rxjs',
  'rxjs/operators', 'i18next', 'react-router', 'react-router-dom', 'd3', 'angular', '@grafana/ui', '@grafana/runtime', '@grafana/data',
]);

/** A fixed time where the caller wants two builds to be the same file: https://reproducible-builds.org/specs/source-date-epoch/ */
function today() {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  return (seconds === undefined ? new Date() : new Date(Number(seconds) * 1000)).toISOString().slice(0, 10);
}

const stamp = (content) => content.toString().replaceAll('%VERSION%', version).replaceAll('%TODAY%', today()).replaceAll('%PLUGIN_ID%', PLUGIN_ID);

module.exports = (_env, { mode }) => ({
  mode,
  target: ['web', 'es2022'],
  context: path.join(__dirname, 'src'),
  entry: { module: './module.ts' },
  devtool: mode === 'production' ? false : 'eval-source-map',
  output: {
    path: path.join(__dirname, 'dist'),
    clean: { keep: /^gpx_/ },
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: `public/plugins/${PLUGIN_ID}/`,
    uniqueName: PLUGIN_ID,
  },
  externals: [({ request }, callback) => (EXTERNALS.has(request) ? callback(null, request) : callback())],
  resolve: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  module: {
    rules: [
      { test: /\.tsx?$/, exclude: /node_modules/, use: { loader: 'swc-loader', options: swc } },
      { test: /\.m?js$/, resolve: { fullySpecified: false } },
      { test: /\.(css|s[ac]ss)$/, type: 'asset/source' },
      { test: /\.(svg|png)$/, type: 'asset/resource' },
    ],
  },
  // Grafana loads this before it shows the first panel; a dependency that slipped in would be seen here.
  performance: { hints: 'error', maxAssetSize: 300_000, maxEntrypointSize: 300_000 },
  plugins: [
    new CopyPlugin({
      patterns: [
        { from: 'plugin.json', to: '.', transform: stamp, noErrorOnMissing: true },
        { from: 'img', to: 'img' },
        { from: '../../dashboards', to: 'dashboards', noErrorOnMissing: true },
        { from: 'README.md', to: '.' },
        { from: '../../../../CHANGELOG.md', to: '.' },
        { from: '../../../../LICENSE', to: '.' },
      ],
    }),
  ],
});
