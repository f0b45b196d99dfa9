'use strict';
// An unmodified Node worker that obeys what tests/actors/listening_peer.cpp obeys as a worker: {op: 'listen', as, form,
// host, port, path} and {op: 'close', as}. Each connection, or datagram, is answered with "worker ID\n".
const cluster = require('cluster');
const dgram = require('dgram');
const net = require('net');

const text = `worker ${cluster.worker.id}\n`;
const open = new Map();

function listen({ as, form, host, port, path }) {
  const failed = ({ code }) => process.send({ op: 'failed', as, code });
  const named = (a) => (typeof a === 'string' ? a : a.family === 'IPv6' ? `[${a.address}]:${a.port}` : `${a.address}:${a.port}`);
  const said = () => process.send({ op: 'listening', as, at: named(open.get(as).address()) });
  if (form === 'udp') {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    open.set(as, socket);
    socket.on('error', failed).on('message', (_, peer) => socket.send(text, peer.port, peer.address));
    socket.bind(port, host, said);
  } else {
    const server = net.createServer((socket) => socket.on('error', () => {}).end(text));
    open.set(as, server);
    server.on('error', failed).listen(form === 'path' ? { path } : { host, port }, said);
  }
}

process.on('message', (told) => {
  if (told.op === 'listen') listen(told);
  if (told.op === 'leave') cluster.worker.disconnect();
  if (told.op === 'close') open.get(told.as).close(() => process.send({ op: 'closed', as: told.as }));
});
