// Node's http server as its peer in the table of conformance: echoes target and body. DESCRIPTOR is a socket that
// listens.   node node_server.js DESCRIPTOR
'use strict';
const http = require('node:http');

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => response.end(`${request.url} ${Buffer.concat(pieces)}`));
});
server.keepAliveTimeout = 500;  // what waits for nothing shall end soon
server.listen({ fd: Number(process.argv[2]) });
