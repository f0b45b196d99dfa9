'use strict';
// fork()s the program named on its command line, has it echo a few values and disconnects it.
const { fork } = require('child_process');
const child = fork(process.argv[2], [], { execPath: process.argv[2], execArgv: [] });
const values = [{ a: 1, text: 'caf\u00e9 \u20ac' }, [1, 2.5, null], 'plain', 7, true, null];
let next = 0;
child.on('message', (message) => {
  console.log(JSON.stringify(message));
  if (++next < values.length) child.send(values[next]);
  else child.send({ op: 'disconnect' });
});
child.on('disconnect', () => console.log('disconnect'));
child.on('exit', (code, signal) => console.log('exit', code, signal));
child.send(values[0]);
