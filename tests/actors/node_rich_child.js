'use strict';
// Of each message in the advanced serialization: sends it back as it came, or what Node takes it for.
const net = require('net');
process.on('message', (message, handle) => {
  if (message && message.op === 'disconnect') return process.disconnect();
  if (message && message.op === 'describe') {
    const tags = message.values.map((v) => (Buffer.isBuffer(v) ? 'Buffer' : Object.prototype.toString.call(v).slice(8, -1)));
    return process.send({ tags, same: message.values[0] === message.values[1], cycle: message.self === message });
  }
  if (message && message.op === 'socket') {
    return handle.on('data', (data) => handle.end(`${message.when.toISOString()} ${data}`));
  }
  if (message && message.op === 'server') {
    // A server from here, with a value that JSON has no form for.
    const server = net.createServer((socket) => socket.end('served by node'));
    return server.listen(0, '127.0.0.1', () => {
      process.send(new Map([['port', server.address().port]]), server, () => server.close());
    });
  }
  process.send(message);
});
