// Speaks to the back end over gRPC, by the program of internal/host: a line of JSON for each call, and one for its answer.
const { spawn } = require('node:child_process');
const readline = require('node:readline');

// A cancellation is no call, and nothing comes of it.
const NO_CALL = -1;

class Host {
  constructor(program, backEnd) {
    this.process = spawn(program, [backEnd], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = new Map();
    this.number = 0;
    readline.createInterface({ input: this.process.stdout }).on('line', (line) => this.answered(JSON.parse(line)));
  }

  /** The result of a call of the data source that `settings` are of. */
  call(name, settings, parameters = {}) {
    return this.begin(name, settings, parameters).result;
  }

  /** Begins a call; a stream tells each of its packets. `cancel` ends it, as Grafana does when a panel is left. */
  begin(name, settings, parameters, onPacket) {
    const id = (this.number += 1);
    const result = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, onPacket }));
    this.write({ id, call: name, settings, headers: {}, ...parameters });
    return { result, cancel: () => this.write({ id: NO_CALL, call: 'cancel', target: id }) };
  }

  write(line) {
    this.process.stdin.write(`${JSON.stringify(line)}\n`);
  }

  answered({ id, packet, result, error }) {
    const { resolve, reject, onPacket } = this.waiting.get(id);
    if (packet !== undefined) {
      onPacket(packet);
      return;
    }
    this.waiting.delete(id);
    if (error === undefined) {
      resolve(result);
    } else {
      reject(new Error(error));
    }
  }

  /** The back end ends with its host, and the host with its input. */
  close() {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.stdin.end();
    return ended;
  }
}

module.exports = { Host };
