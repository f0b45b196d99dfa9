'use strict';
// The other half of examples/values.cpp.
const { inspect } = require('util');
process.on('message', (message) => {
  process.send(inspect(message));
  process.send(new Map([['the epoch', new Date(0)], ['a second later', new Date(1000)]]));
});
