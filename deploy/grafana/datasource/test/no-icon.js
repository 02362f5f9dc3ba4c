// Grafana's icons are fetched from its server, which tests have not.
module.exports = { __esModule: true, default: () => null };
