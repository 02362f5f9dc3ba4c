// Channels of Grafana Live, as lines of JSON: the first tells whether one may follow, each other one is a packet. Grafana sends
// them over a socket.
const PREFIX = '/api/live/ds/';

/** Whether the request is for a channel: `/api/live/ds/<uid>/<path>`, with what the subscription says as its body. */
function isLive(pathname) {
  return pathname.startsWith(PREFIX);
}

/** Follows until the page leaves. */
async function follow(host, settings, pathname, body, response) {
  const path = pathname.slice(PREFIX.length).split('/').slice(1).join('/');
  const data = JSON.parse(body);
  const tell = (line) => response.write(`${JSON.stringify(line)}\n`);
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  try {
    await host.call('subscribe', settings, { path, data });
    tell({ subscribed: true });
    const { result, cancel } = host.begin('stream', settings, { path, data }, tell);
    response.on('close', cancel);
    await result;
  } catch (error) {
    response.end(JSON.stringify({ error: error.message }));
  }
}

module.exports = { isLive, follow };
