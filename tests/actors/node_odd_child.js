'use strict';
// Sends what only JavaScript has, and tells what it gets.
const dgram = require('dgram');
process.on('message', (message, handle) => {
  if (message === 'half a pair') return process.send({ text: 'a\ud83d', ['\ude00']: '\ud83d\ude00' });
  if (message.text === 'a\ud83d' && message['\ude00'] === '\ud83d\ude00') return process.send('the same');
  if (message === 'deep') {
    let value = 1;
    for (let i = 0; i < 2900; ++i) value = [value];
    return process.send(value);
  }
  if (handle instanceof dgram.Socket) {
    const { address, port } = handle.address();
    handle.close();
    return process.send({ address, port, type: handle.type });
  }
});
