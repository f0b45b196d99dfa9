'use strict';
// fork()s the program named on its command line in the advanced serialization, has it send back what JSON cannot hold,
// and at last a socket.
const { fork } = require('child_process');
const net = require('net');
const { isDeepStrictEqual } = require('util');
const child = fork(process.argv[2], [], { execPath: process.argv[2], execArgv: [], serialization: 'advanced' });

const cyclic = { name: 'cyclic', list: [1, , 3] };
cyclic.self = cyclic;
const shared = { shared: true };
const values = [
  null, true, -0, NaN, 2 ** 31, [123n, -(2n ** 70n)], '', 'caf\u00e9', '\u20ac \u{1f600}', 'half \ud83d',
  new Date(0), /a+/giu, new Map([[1, new Set(['x'])], [{}, []]]), Buffer.from('bytes'), new Float64Array([1.5, -2]),
  new DataView(new ArrayBuffer(3)), new Uint8Array([1, 2, 3]).buffer, [undefined, , null],
  new TypeError('no', { cause: { code: 5 } }), cyclic, { p: shared, q: shared },
  [new Number(3), new String('s'), new Boolean(false)], { a: undefined, 7: 'seven' },
];
let next = 0;
child.on('message', (message, handle) => {
  if (handle) {
    console.log('socket', message instanceof Map, handle instanceof net.Socket);
    handle.destroy();
    return child.send({ op: 'disconnect' });
  }
  const sent = values[next++];
  const same = isDeepStrictEqual(message, sent) && (sent !== cyclic || message.self === message) &&
    (!sent || !sent.p || message.p === message.q);
  if (!same) console.log('different', message, sent);
  if (next < values.length) return child.send(values[next]);
  const server = net.createServer((socket) => {
    server.close();
    child.send(new Map([['op', 'return']]), socket);
  });
  server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').on('error', () => {}));
});
child.on('disconnect', () => console.log('disconnect', next === values.length));
child.on('exit', (code, signal) => {
  console.log('exit', code, signal);
  process.exit();
});
child.send(values[0]);
