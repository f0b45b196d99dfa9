// Node's own cluster with the same answer as examples/hello_cluster: node cluster.js PORT WORKERS
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');

const [port, workers] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
  for (let i = 0; i < workers; ++i) cluster.fork();
  process.on('SIGTERM', () => {
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
