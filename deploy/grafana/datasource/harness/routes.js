// The routes of Grafana's server that a data source uses, answered by the real back end.
const UID = 'logstore';
const PREFIX = `/api/datasources/uid/${UID}/`;

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64');

/** A data source that is set up with the URL of a Logstore. */
function settingsOf(url) {
  return { id: 1, uid: UID, name: 'Logstore', url, jsonData: encoded({}), decryptedSecureJsonData: {}, lastUpdatedMS: 1 };
}

function asked(query, { from, to }) {
  return {
    refId: query.refId,
    queryType: query.queryType ?? '',
    maxDataPoints: query.maxDataPoints,
    intervalMS: query.intervalMs,
    timeRange: { fromEpochMS: Number(from), toEpochMS: Number(to) },
    json: encoded(query),
  };
}

/** Status and body of an answer to a request of the page; none for what is no route. */
async function answer(host, settings, { method, url, body }) {
  const { pathname, search } = new URL(url, 'http://localhost');
  if (method === 'POST' && pathname === '/api/ds/query') {
    const request = JSON.parse(body);
    const { results } = await host.call('query', settings, { queries: request.queries.map((query) => asked(query, request)) });
    const failed = Object.values(results).find(({ error }) => error !== undefined);
    return { status: failed?.status ?? 200, body: JSON.stringify({ results }) };
  }
  if (pathname === `${PREFIX}health`) {
    return { status: 200, body: JSON.stringify(await host.call('health', settings)) };
  }
  if (pathname.startsWith(`${PREFIX}resources/`)) {
    const path = pathname.slice(`${PREFIX}resources/`.length);
    return host.call('resource', settings, { method, path, url: path + search });
  }
  return undefined;
}

module.exports = { answer, settingsOf };
