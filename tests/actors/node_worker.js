'use strict';
// An unmodified Node worker: an http server, as in the documentation of Node's cluster module.
const cluster = require('cluster');
const http = require('http');
http.createServer((request, response) => {
  response.end(`node worker ${cluster.worker.id} pid ${process.pid}\n`);
}).listen(Number(process.argv[2]), '127.0.0.1');
process.on('message', (message) => process.send({ echo: message }));
