// node_https_client.js CA URL: asks twice, the second time with the session of the first, then without the CA.
const fs = require('fs');
const https = require('https');

const [ca, url] = process.argv.slice(2);

function get(options) {
  return new Promise((resolve) => {
    const request = https.get(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve(`${text} ${request.socket.isSessionReused() ? 'resumed' : 'new'}`));
    });
    request.on('socket', (socket) => socket.on('session', (one) => { session = one; }));
    request.on('error', (error) => resolve(error.code));
  });
}

let session;
(async () => {
  const trusted = { ca: fs.readFileSync(ca) };
  console.log(await get(trusted));
  console.log(await get({ ...trusted, session }));
  console.log(await get({}));
})();
