// Node's own cluster with the same answers as bench/uneven_brood.cpp: node uneven.js PORT WORKERS
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');

const HEAVY_MICROSECONDS = 20000;
const [port, workers] = process.argv.slice(2).map(Number);

function used() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function keepBusy() {
  for (const until = used() + HEAVY_MICROSECONDS; used() < until;);
}

if (cluster.isPrimary) {
  for (let i = 0; i < workers; ++i) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit(0);
  });
} else {
  const body = `hello from worker ${cluster.worker.id} pid ${process.pid}\n`;
  http.createServer((request, response) => {
    if (request.url === '/heavy') keepBusy();
    response.end(body);
  }).listen(port);
}
