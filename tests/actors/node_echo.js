'use strict';
// Sends each message back as it came.
process.on('message', (message) => process.send(message));
