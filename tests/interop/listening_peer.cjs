'use strict';
// One process of a cluster for listen.py: Node's primary, or an unmodified Node worker that listens as it is told. What
// they are told and say is in tests/actors/listening_peer.cpp, whose counterpart this is.
//
//   listening_peer.cjs PROGRAM [ARGUMENTS...]     the primary of two workers that run PROGRAM
const cluster = require('cluster');
const dgram = require('dgram');
const net = require('net');
const readline = require('readline');

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function bePrimary([program, ...args]) {
  // Node runs process.execPath with exec as the first argument; a program of another kind need not know that.
  if (program !== __filename) {
    process.execPath = program;
    cluster.setupPrimary({ exec: 'x', args });
  }
  tell({ scheduling: cluster.schedulingPolicy === cluster.SCHED_RR ? 'rr' : 'none' });
  cluster.on('online', (worker) => tell({ online: worker.id }));
  cluster.on('message', (worker, message) => tell({ from: worker.id, message }));
  cluster.on('exit', (worker, code, signal) => tell({ exited: worker.id, how: `${code ?? signal}` }));
  cluster.on('listening', (worker, { addressType, address, port }) => {
    // Null is the form in which Node says that the worker left it open; and of a descriptor it knows no more.
    const type = addressType === -1 ? 'path' : String(addressType ?? 4).replace('udp', '');
    tell({ listening: worker.id, type, host: address ?? '0.0.0.0', port: Math.max(port ?? 0, 0) });
  });
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const { to, ...message } = JSON.parse(line);
    if (cluster.workers[to]) cluster.workers[to].send(message);
  }).on('close', () => cluster.disconnect());
  cluster.fork();
  cluster.fork();
}

function beWorker() {
  const text = `worker ${cluster.worker.id}\n`;
  const places = new Map();
  // Of a path that came by a descriptor Node knows nothing.
  const named = (a) => a === null ? '?' : (a.family === 'IPv6' ? `[${a.address}]:${a.port}` : `${a.address}:${a.port}`);
  const address = (a) => (typeof a === 'string' ? a : named(a));

  function streams(told, as) {
    const { form, op, as: _, ...options } = told;
    const server = net.createServer((socket) => socket.on('error', () => {}).end(text));
    server.on('listening', () => process.send({ op: 'listening', as, at: address(server.address()) }));
    places.set(as, server);
    server.on('error', ({ code }) => process.send({ op: 'failed', as, code }));
    form === 'tcp' && options.port === undefined ? server.listen() : server.listen(options);
  }

  function datagrams({ host, port, fd, family, exclusive, reuseAddr, ipv6Only }, as) {
    const socket = dgram.createSocket({ type: `udp${family}`, reuseAddr, ipv6Only });
    socket.on('listening', () => process.send({ op: 'listening', as, at: address(socket.address()) }));
    socket.on('message', (message, peer) => socket.send(text, peer.port, peer.address));
    places.set(as, socket);
    socket.on('error', ({ code }) => process.send({ op: 'failed', as, code }));
    socket.bind(fd === undefined ? { port, address: host, exclusive } : { fd });
  }

  function close(as) {
    const place = places.get(as);
    places.delete(as);
    const closed = () => process.send({ op: 'closed', as });
    try {
      place.close(closed);
    } catch {
      closed(); // it has never been open
    }
  }

  process.on('message', (told) => {
    const { op, as, form } = told;
    if (op === 'ping') process.send({ op: 'pong' });
    if (op === 'close') close(as);
    if (op !== 'listen') return;
    try {
      form === 'udp' ? datagrams(told, as) : streams(told, as);
    } catch ({ code }) {
      process.send({ op: 'failed', as, code });
    }
  });
}

cluster.isPrimary ? bePrimary(process.argv.slice(2)) : beWorker();
