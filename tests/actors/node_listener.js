'use strict';
// An unmodified Node worker that listens as it is told: tcp PORT, path PATH [all], fd NUMBER, udp PORT, and tcp6 and
// udp6, which are the same at ::1. Tells {listening} or {failed}, and answers each connection, or datagram, with
// "worker ID\n".
const cluster = require('cluster');
const net = require('net');
const dgram = require('dgram');
const [form, value, more] = process.argv.slice(2);
const text = `worker ${cluster.worker.id}\n`;
const failed = (error) => process.send({ failed: error.code });
const named = (a) => (a.family === 'IPv6' ? `[${a.address}]:${a.port}` : `${a.address}:${a.port}`);
const where = (a) => (typeof a === 'string' ? a : a && named(a));
const host = form.endsWith('6') ? '::1' : '127.0.0.1';
if (form === 'udp' || form === 'udp6') {
  const socket = dgram.createSocket(form === 'udp' ? 'udp4' : form);
  socket.on('error', failed);
  socket.on('message', (message, peer) => socket.send(text, peer.port, peer.address));
  socket.bind(Number(value), host, () => process.send({ listening: `udp ${where(socket.address())}` }));
} else {
  const server = net.createServer((socket) => socket.end(text));
  server.on('error', failed);
  const tcp = { port: Number(value), host };
  const options = { tcp, tcp6: tcp, fd: { fd: Number(value) },
    path: { path: value, readableAll: more === 'all', writableAll: more === 'all' } }[form];
  server.listen(options, () => process.send({ listening: where(server.address()) }));
}
