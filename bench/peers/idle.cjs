// The side of Node, Bun and Deno in the idle group: bench/idle_brood.cpp says what is asked.
'use strict';
const { spawn } = require('node:child_process');
const readline = require('node:readline');

let children = [];
let ended = 0;
let well = 0;

function startOne() {
  const child = spawn('/bin/cat', []);
  children.push(child);
  child.stdout.on('data', () => {});
  child.stderr.on('data', () => {});
  child.on('error', (error) => console.log(`error ${error.message}`));
  child.on('close', (code) => {
    well += code === 0 ? 1 : 0;
    if (++ended < children.length) return;
    console.log(well);
    children = [];
    ended = well = 0;
  });
}

function supervise(count) {
  for (let i = 0; i < count; ++i) startOne();
  console.log(children.length);
}

function release() {
  if (children.length === 0) console.log(0);
  for (const child of children) child.stdin.end();
}

const commands = { supervise, release };
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, amount] = line.split(' ');
    if (commands[command]) commands[command](Number(amount));
    else console.log(`error unknown command ${command}`);
  })
  .on('close', () => process.exit(0));
