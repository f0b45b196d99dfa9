// The other half of fork_node.cpp: serves on the server it is given, and tells how it sees any other message.
import { inspect } from 'node:util';

process.on('message', (message, server) => {
  if (!server) return process.send(inspect(message, { breakLength: Infinity }));
  server.on('connection', (socket) => socket.end('hello from Node'));
  process.once('disconnect', () => server.close());
  process.send('I serve');
});
