'use strict';
// An unmodified Node worker that listens as it is told: tcp PORT, path PATH [all], fd NUMBER, udp PORT. Tells
// {listening} or {failed}, and answers each connection, or datagram, with "worker ID\n".
const cluster = require('cluster');
const net = require('net');
const dgram = require('dgram');
const [form, value, more] = process.argv.slice(2);
const text = `worker ${cluster.worker.id}\n`;
const failed = (error) => process.send({ failed: error.code });
const where = (a) => (typeof a === 'string' ? a : a && `${a.address}:${a.port}`);
if (form === 'udp') {
  const socket = dgram.createSocket('udp4');
  socket.on('error', failed);
  socket.on('message', (message, peer) => socket.send(text, peer.port, peer.address));
  socket.bind(Number(value), '127.0.0.1', () => process.send({ listening: `udp ${where(socket.address())}` }));
} else {
  const server = net.createServer((socket) => socket.end(text));
  server.on('error', failed);
  const options = { tcp: { port: Number(value), host: '127.0.0.1' }, fd: { fd: Number(value) },
    path: { path: value, readableAll: more === 'all', writableAll: more === 'all' } }[form];
  server.listen(options, () => process.send({ listening: where(server.address()) }));
}
