// Sends events with acknowledgements, the client's own timeouts left as they are.
// Usage: node send.js PORT COUNT [SECRETS], SECRETS being JSON with ca (a PEM file) and security. Prints how many were acknowledged and the slowest acknowledgement.
"use strict";

const fs = require("node:fs");
const {FluentClient} = require("@fluent-org/logger");

async function main(port, count, {ca, security} = {}) {
  const client = new FluentClient("npm", {
    socket: {host: "127.0.0.1", port, ...(ca && {tls: {ca: fs.readFileSync(ca)}})},
    ...(security && {security}),
    ack: {},
    sendQueueIntervalMs: 10,
  });
  let slowestMs = 0;
  const failures = [];
  const send = async (number) => {
    const began = performance.now();
    try {
      await client.emit("events", {number, message: `event ${number}`, nested: {float: number / 4, list: [number, null]}});
      slowestMs = Math.max(slowestMs, performance.now() - began);
    } catch (error) {
      failures.push(String(error));
    }
  };
  for (let start = 0; start < count; start += 50) {
    await Promise.all(Array.from({length: Math.min(50, count - start)}, (_, offset) => send(start + offset)));
  }
  await client.disconnect();
  console.log(JSON.stringify({acknowledged: count - failures.length, failures: failures.slice(0, 3), slowestMs}));
}

main(Number(process.argv[2]), Number(process.argv[3]), JSON.parse(process.argv[4] ?? "{}"));
