'use strict';
// Echoes each message; obeys {op: ...}. Run by Node itself, to hold brood against the real thing.
process.on('message', (message, handle) => {
  if (message.op === 'disconnect') return process.disconnect();
  if (message.op === 'exit') process.exit(5);
  if (message.op === 'burst') {
    for (let n = 0; n < message.count; ++n) process.send({ n });
    return;
  }
  if (message.op === 'socket') {
    handle.on('data', (data) => handle.end(`pid ${process.pid} got ${data}`));
    return;
  }
  process.send({ echo: message });
});
