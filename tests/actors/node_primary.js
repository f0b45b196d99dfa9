'use strict';
// A Node primary over the worker program named on its command line (and the port, and the serialization). Asks it once
// over TCP, then disconnects.
const cluster = require('cluster');
const net = require('net');
process.execPath = process.argv[2];
cluster.setupPrimary({ exec: process.argv[3] || '0', args: [], serialization: process.argv[4] || 'json' });
cluster.on('online', (worker) => console.log('online', worker.id));
cluster.on('listening', (worker, address) => {
  console.log('listening', worker.id, address.address, address.addressType, address.port > 0);
  net.connect(address.port, address.address).on('data', (data) => {
    console.log(String(data).replace(/pid \d+/, `pid ${String(data).includes(worker.process.pid)}`).trim());
    worker.disconnect();
  });
});
cluster.on('message', (worker, message) => {
  console.log('failed', message.failed);
  worker.disconnect();
});
cluster.on('disconnect', (worker) => console.log('disconnect', worker.exitedAfterDisconnect));
cluster.on('exit', (worker, code, signal) => console.log('exit', code, signal));
cluster.fork();
