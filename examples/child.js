'use strict';
// Says what it was told, and ends with its input.
process.stdin.on('data', (data) => process.stdout.write(`Data received from parent: ${data}`));
