// The side of Node, Bun and Deno in the stdout group: bench/stdout_command.hpp says what is asked.
'use strict';
const { spawn } = require('node:child_process');
const readline = require('node:readline');

const program = process.argv[2];

function read(amount) {
  const start = process.hrtime.bigint();
  let bytes = 0;
  const child = spawn(program, [String(amount)], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (data) => { bytes += data.length; });
  child.on('error', (error) => console.log(`error ${error.message}`));
  child.on('close', (code) => {
    if (code !== 0) return console.log(`error the child: code ${code}`);
    console.log(`${bytes} ${process.hrtime.bigint() - start}`);
  });
}

readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, amount] = line.split(' ');
    if (command === 'read') read(Number(amount));
    else console.log(`error unknown command ${command}`);
  })
  .on('close', () => process.exit(0));
