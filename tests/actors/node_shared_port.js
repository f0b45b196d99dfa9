// A Node primary over two workers: node_shared_port.js PROGRAM ARGUMENT. Writes the port when both listen, and ends them
// with its stdin.
const cluster = require('cluster');

const [program, argument] = process.argv.slice(2);
process.execPath = program;
cluster.setupPrimary({ exec: argument, args: [], silent: true });
let listening = 0;
cluster.on('listening', (worker, address) => {
  if (++listening === 2) console.log(address.port);
});
cluster.fork();
cluster.fork();
process.stdin.on('end', () => cluster.disconnect()).resume();
