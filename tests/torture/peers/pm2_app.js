// A server for PM2 to run as many of as it likes; ends as PM2's guide has it.   PORT in the environment
'use strict';
const http = require('node:http');

const body = `hello from worker ${process.env.NODE_APP_INSTANCE} pid ${process.pid}\n`;
const headers = { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) };
const server = http.createServer((request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(Number(process.env.PORT));
process.on('SIGINT', () => server.close(() => process.exit(0)));
