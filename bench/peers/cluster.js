// Node's own cluster, as one would write it, with the same answer as examples/hello_cluster. A worker that dies is
// replaced at once, and SIGHUP starts new workers before the old ones are told to go. node cluster.js PORT WORKERS
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');

const [port, workers] = process.argv.slice(2).map(Number);

function reload() {
  const old = Object.values(cluster.workers).filter((worker) => !worker.exitedAfterDisconnect);
  let waiting = old.length;
  for (let i = old.length; i > 0; --i) {
    cluster.fork().once('listening', () => {
      if (--waiting === 0) for (const worker of old) worker.disconnect();
    });
  }
}

if (cluster.isPrimary) {
  cluster.on('exit', (worker) => {
    if (!worker.exitedAfterDisconnect) cluster.fork();
  });
  for (let i = 0; i < workers; ++i) cluster.fork();
  process.on('SIGHUP', reload);
  process.on('SIGTERM', () => {
    cluster.removeAllListeners('exit');
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit(0);
  });
} else {
  const body = `hello from worker ${cluster.worker.id} pid ${process.pid}\n`;
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) };
  http.createServer((request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  }).listen(port);
}
