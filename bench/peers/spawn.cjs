// The side of Node, Bun and Deno in the spawn group: the commands of bench/spawn_commands.hpp. Run with gc() exposed, so
// that memory which is no longer held is really given back before the next figure.
'use strict';
const { spawn } = require('node:child_process');
const readline = require('node:readline');

const now = () => process.hrtime.bigint();
let held = [];

// Calls back with the nanoseconds the spawn call took, when the child has exited and its pipes are closed.
function spawnAndWait(done) {
  const start = now();
  const child = spawn('/bin/true', []);
  const blocked = Number(now() - start);
  child.on('error', (error) => console.log(`error ${error.message}`));
  child.on('close', (code) => {
    if (code !== 0) return console.log(`error /bin/true: code ${code}`);
    done(blocked);
  });
}

function run(seconds) {
  const start = now();
  const end = start + BigInt(Math.round(seconds * 1e9));
  let count = 0;
  const next = () => {
    const time = now();
    if (time >= end) return console.log(`${count} ${time - start}`);
    spawnAndWait(() => { ++count; next(); });
  };
  next();
}

function block(seconds) {
  const fewest = 3;
  const calls = [];
  const end = now() + BigInt(Math.round(seconds * 1e9));
  const next = () => {
    if (calls.length >= fewest && now() >= end) {
      calls.sort((a, b) => a - b);
      return console.log(`${calls.length} ${calls[calls.length >> 1]}`);
    }
    spawnAndWait((blocked) => { calls.push(blocked); next(); });
  };
  spawnAndWait(next);  // the first one after a change of memory pays for things the others do not
}

function hold(megabytes) {
  held = [];
  globalThis.gc();
  const chunk = 100;
  for (let left = megabytes; left > 0; left -= chunk) held.push(Buffer.alloc(Math.min(left, chunk) << 20, 1));
  console.log(`held ${megabytes}`);
}

// The longest gap of a 1 ms timer while `count` children are started at once and until all have ended. A runtime which
// takes longer than 2 s to start them is stopped there: it has shown its gap.
function stall(count) {
  const burst = 2e9;
  let longest = 0;
  let before = now();
  let started = 0;
  let ended = 0;
  let last = false;
  const tick = () => {
    const time = now();
    longest = Math.max(longest, Number(time - before));
    before = time;
    if (last) return console.log(`${started} ${longest}`);
    setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  const start = now();
  while (started < count && Number(now() - start) < burst) {
    ++started;
    spawnAndWait(() => { last = ++ended === started; });
  }
}

const commands = { run, block, hold, stall };
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, amount] = line.split(' ');
    if (commands[command]) commands[command](Number(amount));
    else console.log(`error unknown command ${command}`);
  })
  .on('close', () => process.exit(0));
