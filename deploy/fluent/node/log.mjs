// Node.js to Logstore, with the logger of the Fluent project: `npm install @fluent-org/logger`, then
// `node log.mjs [HOST [PORT]]`. It asks for acknowledgements and waits for them.
import logger from "@fluent-org/logger";

const { FluentClient } = logger;
const [host = "127.0.0.1", port = "24224"] = process.argv.slice(2);

const client = new FluentClient("app.node", {
  // Events of the same second stay in their order.
  milliseconds: true,
  socket: { host, port: Number(port), timeout: 3000 },
  // A promise is kept when the event is on disk. The default of half a second is short for a disk that is busy.
  ack: { ackTimeout: 10_000 },
  // Sent in chunks, not one by one.
  flushInterval: 100,
  // An event whose chunk fails is sent again, under a new id: if the first was stored after all, it is there twice.
  eventRetry: { attempts: 10, backoff: 2, delay: 100, minDelay: 100, maxDelay: 5_000, onError: () => {} },
});

// `level` and `message` are what Logstore looks for; the rest are fields of their own.
await Promise.all([
  client.emit({ level: "info", message: "the program has started" }),
  client.emit({ level: "warn", message: "payment refused", order: 4711 }),
]);
await client.disconnect();
