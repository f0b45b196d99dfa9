// An https server: node_https_server.js CERTIFICATE KEY. By itself it writes its address and ends with its stdin; in a
// cluster it is a worker like any other.
const cluster = require('cluster');
const fs = require('fs');
const https = require('https');

const [certificate, key] = process.argv.slice(2);
const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, (request, response) => {
  response.end(cluster.isWorker ? `node ${cluster.worker.id}` : `node ${request.url}`);
});
server.listen(0, '127.0.0.1', () => {
  if (cluster.isWorker) return;
  console.log(`https://127.0.0.1:${server.address().port}`);
  process.stdin.on('end', () => process.exit()).resume();
});
