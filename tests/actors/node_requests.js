'use strict';
// Takes part in requests by the lines that docs/channel.md shows, read from there: as a child, or, where the command line
// names a program, as the parent of that.
const fs = require('fs');
const { fork } = require('child_process');
const [, , page, program, serialization] = process.argv;
const lines = fs.readFileSync(page, 'utf8').match(/```js\n(function requests[^]*?)```/)[1];
const requests = new Function(`${lines}; return requests;`)();

const answer = async (body) => {
  if (body.fail) throw new Error(body.fail);
  if (body.ask) return ask(body.ask);
  return body.add.reduce((sum, n) => sum + n, 0);
};

const peer = program ? fork(program, [], { execPath: program, execArgv: [], serialization }) : process;
const ask = requests(peer, answer);

async function questions() {
  const all = Array.from({ length: 100 }, (_, n) => ask({ add: [n, 1] }));
  console.log((await Promise.all(all)).reduce((sum, n) => sum + n, 0));
  console.log(await ask({ ask: { add: [20, 22] } }));
  await ask({ fail: 'on purpose' }).catch((error) => console.log(error.message));
  peer.disconnect();
}
if (program) questions();
