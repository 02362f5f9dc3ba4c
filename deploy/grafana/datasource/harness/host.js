// Speaks to the back end over gRPC, by the program of internal/host: a line of JSON for each call, and one for its answer.
const { spawn } = require('node:child_process');
const readline = require('node:readline');

class Host {
  constructor(program, backEnd) {
    this.process = spawn(program, [backEnd], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = new Map();
    this.number = 0;
    readline.createInterface({ input: this.process.stdout }).on('line', (line) => this.answered(JSON.parse(line)));
  }

  /** The result of a call of the data source that `settings` are of. */
  call(name, settings, parameters = {}) {
    const id = (this.number += 1);
    this.process.stdin.write(`${JSON.stringify({ id, call: name, settings, headers: {}, ...parameters })}\n`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  answered({ id, result, error }) {
    const { resolve, reject } = this.waiting.get(id);
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
