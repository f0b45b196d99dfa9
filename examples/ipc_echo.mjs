// A Node parent of the C++ program ipc_echo: a message there and back, and what sockets of each kind it serves.
//
//   node ipc_echo.mjs [--advanced]
import { fork } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const advanced = process.argv.includes('--advanced');
const echo = fileURLToPath(new URL('ipc_echo', import.meta.url));
const child = fork(echo, [], { execPath: echo, execArgv: [], serialization: advanced ? 'advanced' : 'json' });
const known = (text) => text.replace(String(child.pid), 'of the child');

/** All that comes on a connection, until its end. */
async function read(socket) {
  let text = '';
  for await (const data of socket.setEncoding('utf8')) text += data;
  return known(text);
}

async function echoed(message, handle) {
  const answer = once(child, 'message');
  child.send(message, handle);
  return (await answer)[0];
}

console.log('echo:', await echoed(advanced ? new Map([['when', new Date(0)]]) : { text: 'café' }));

const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
await once(server, 'listening');
const client = net.connect(server.address().port, '127.0.0.1');
const [connection] = await once(server, 'connection');
console.log('echo:', await echoed('a connection', connection));
console.log('connection:', await read(client));

console.log('echo:', await echoed('a server', server));
const { port } = server.address();
server.close();  // this process's hold on it; the child goes on serving
console.log('server:', await read(net.connect(port, '127.0.0.1')));

const datagrams = dgram.createSocket('udp4').bind(0, '127.0.0.1');
await once(datagrams, 'listening');
console.log('echo:', await echoed('a datagram socket', datagrams));
const asking = dgram.createSocket('udp4');
asking.send('who?', datagrams.address().port, '127.0.0.1');
datagrams.close();
console.log('datagram:', known(String((await once(asking, 'message'))[0])));
asking.close();

const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
child.send({ op: 'bye' });
console.log('disconnected, exit code', (await gone)[0][0]);
