'use strict';
// The ipc group in JavaScript, parent and child in one script, for every runtime that has Node's child_process. The
// commands are those of ipc_brood.cpp.
const { fork } = require('child_process');
const readline = require('readline');

const SMALL = 'x'.repeat(127);
const LARGE = 'y'.repeat(10_000_000);
const BURST = 1000;
const small = (n) => ({ n: 100_000 + (n % 100_000), text: SMALL });
const now = () => process.hrtime.bigint();

const SOCKETS = 100;
const MIB = 1024 * 1024;
const BULK = 32 * MIB;  // as much takes these as long as eight times as much takes brood
const AROUND_TEXT = 3;  // two quotes and a newline

// What has been sent is waited for now and then, as process.send() says that one should.
const sendBulk = (count, text) => {
  for (; count > 1; --count) {
    if (!process.send(text)) return process.send(text, () => sendBulk(count - 2, text));
  }
  if (count === 1) process.send(text);
};

if (process.argv[2] === 'child') {
  let sockets = 0;
  process.on('message', (message, handle) => {
    if (handle) {
      handle.close();
      if (++sockets % SOCKETS === 0) process.send(sockets);
      return;
    }
    if (message.bulk) return sendBulk(1 + message.bulk, 'y'.repeat(message.size - AROUND_TEXT));
    if (!message.burst) return process.send(message);
    for (let i = 0; i < message.burst; ++i) process.send(small(i));
  });
  process.send('ready');
} else {
  const child = () => fork(__filename, ['child']);

  const firstMessage = () => new Promise((resolve, reject) => {
    const start = now();
    const one = child();
    let took;
    one.on('error', reject);
    one.once('message', () => {
      took = now() - start;
      one.disconnect();
    });
    one.once('exit', () => resolve(took));
  });

  const thereAndBack = (seconds, what) => new Promise((resolve, reject) => {
    const one = child();
    const most = BigInt(Math.round(seconds * 1e9));
    let start;
    let count = 0;
    let elapsed = 0n;
    one.on('error', reject);
    one.on('message', () => {
      if (start === undefined) {
        start = now();
      } else {
        ++count;
        elapsed = now() - start;
        if (elapsed >= most) return one.disconnect();
      }
      one.send(what);
    });
    one.once('exit', () => resolve(`${count} ${elapsed}`));
  });

  const flood = (seconds) => new Promise((resolve, reject) => {
    const one = child();
    const most = BigInt(Math.round(seconds * 1e9));
    let start;
    let count = 0;
    let asked = 0;
    let elapsed = 0n;
    const ask = () => {
      one.send({ burst: BURST });
      asked += BURST;
    };
    one.on('error', reject);
    one.on('message', () => {
      if (start === undefined) {
        start = now();
        ask();
        return ask();
      }
      if (++count % BURST !== 0) return;
      elapsed = now() - start;
      if (elapsed < most) return ask();
      if (count === asked) one.disconnect();
    });
    one.once('exit', () => resolve(`${count} ${elapsed}`));
  });

  const bulk = (size) => new Promise((resolve, reject) => {
    const one = child();
    const count = Math.max(2, BULK / size);
    let start;
    let left = count;
    let elapsed = 0n;
    let asked = false;
    one.on('error', reject);
    one.on('message', () => {
      if (!asked) {
        asked = true;
        one.send({ bulk: count, size });
      } else if (start === undefined) {
        start = now();
      } else if (--left === 0) {
        elapsed = now() - start;
        one.disconnect();
      }
    });
    one.once('exit', () => resolve(`${count * size / MIB} ${elapsed}`));
  });

  const handOver = (seconds) => new Promise((resolve, reject) => {
    const server = require('net').createServer().listen(0, '127.0.0.1', () => {
      const one = child();
      const most = BigInt(Math.round(seconds * 1e9));
      let start;
      let count = 0;
      let elapsed = 0n;
      const sendSome = () => {
        for (let i = 0; i < SOCKETS; ++i) one.send('take', server);
      };
      one.on('error', reject);
      one.on('message', () => {
        if (start === undefined) {
          start = now();
          sendSome();
          return sendSome();
        }
        count += SOCKETS;
        elapsed = now() - start;
        if (elapsed < most) sendSome();
        else one.kill('SIGKILL');  // with sockets under way: to disconnect would wait for them
      });
      one.once('exit', () => server.close(() => resolve(`${count} ${elapsed}`)));
    });
  });

  const commands = {
    async fork(count) {
      let total = 0n;
      for (let i = 0; i < count; ++i) total += await firstMessage();
      return `${count} ${total}`;
    },
    ping: (seconds) => thereAndBack(seconds, small(0)),
    large: (seconds) => thereAndBack(seconds, LARGE),
    flood,
    bulk,
    sockets: handOver,
  };

  readline.createInterface({ input: process.stdin }).on('line', async (line) => {
    const [command, amount] = line.split(' ');
    try {
      console.log(commands[command] ? await commands[command](Number(amount)) : `error unknown command ${command}`);
    } catch (problem) {
      console.log(`error ${problem.message}`);
    }
  });
}
