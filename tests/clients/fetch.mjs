// Node's fetch as a client: node fetch.mjs HELLO STATIC. Tells as JSON what it found.
import { createHash } from 'node:crypto';

const [hello, files] = process.argv.slice(2);
const problems = [];
const workers = new Set();

function check(holds, what) {
  if (!holds) problems.push(what);
}

async function greet(init) {
  const response = await fetch(hello, init);
  const text = await response.text();
  const found = text.match(/^hello from worker (\d+) pid \d+\n$/);
  check(response.status === 200 && (found || init?.method === 'HEAD'), `${response.status} ${text}`);
  if (found) workers.add(found[1]);
}

async function* pieces() {
  for (let i = 0; i < 50; ++i) yield Buffer.alloc(10_000, i);
}

for (let i = 0; i < 50; ++i) await greet();
await Promise.all(Array.from({ length: 100 }, () => greet()));
await greet({ method: 'HEAD' });
await greet({ method: 'POST', body: 'x'.repeat(900_000) });
await greet({ method: 'POST', body: pieces(), duplex: 'half' });  // in chunks

const whole = await fetch(`${files}/large.bin`);
const digest = createHash('sha256').update(Buffer.from(await whole.arrayBuffer())).digest('hex');
const part = await fetch(`${files}/small.txt`, { headers: { Range: 'bytes=10-14' } });
check(part.status === 206 && (await part.text()) === '01234', 'a range');
const again = await fetch(`${files}/small.txt`, { headers: { 'If-None-Match': part.headers.get('etag') } });
check(again.status === 304, `with its own tag: ${again.status}`);
await again.text();

// Who leaves in the middle must not keep others from being served.
const leaving = new AbortController();
const left = await fetch(`${files}/large.bin`, { signal: leaving.signal });
leaving.abort();
await left.arrayBuffer().then(() => check(false, 'not aborted'), () => {});
check((await (await fetch(`${files}/small.txt`)).text()).length === 100, 'after one that has left');

console.log(JSON.stringify({ workers: workers.size, digest, problems }));
