'use strict';
// One end of a channel, for run.py: the parent or the child, in whichever JavaScript runtime runs it.
//
//   peer.cjs parent KIND SERIALIZATION DIRECTIONS PROGRAM ARGUMENTS...     starts the child and says how it went
//   peer.cjs child
//
// Both ends are alike. One gives: it sends a socket of the KIND, and waits for `pid N` of the other to come out of it.
// The other takes what is sent and writes its pid. Of messages the giver expects an echo. DIRECTIONS is `down` (the
// parent gives), `up` (the child does) or `down,up`. What is printed is a line of JSON each: {at} where this end is,
// {direction, why} how one went; `why` is null where it went well.
const { spawn } = require('child_process');
const dgram = require('dgram');
const { once } = require('events');
const fs = require('fs');
const net = require('net');
const { inspect, isDeepStrictEqual } = require('util');

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const at = (where) => tell({ at: `${process.send ? 'child' : 'parent'}: ${where}` });

// ---- messages

function values(serialization) {
  const all = Object.entries(require('./values.json'));
  all.push(['long text', '\u20ac'.repeat(100000)]);
  if (serialization === 'json') return all;
  const cycle = { list: [1] };
  cycle.list.push(cycle);
  const shared = {};
  return all.concat([
    ['undefined', [undefined, { a: undefined }]],
    ['odd numbers', [-0, NaN, Infinity]],
    ['BigInt', [0n, 123n, -(2n ** 70n)]],
    ['Date', new Date(86400000)],
    ['RegExp', /a+/giu],
    ['Map', new Map([[1, 'one'], ['list', []]])],
    ['Set', new Set(['a', 2])],
    ['hole', [1, , 3]],
    ['boxed', [Object(true), Object(3), Object('text')]],
    ['ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['Float64Array', new Float64Array([1.5, -2])],
    ['Buffer', Buffer.from('bytes')],
    ['Error', new TypeError('no')],
    ['cycle', cycle],
    ['shared', [shared, shared]],
  ]);
}

function same(name, sent, got) {
  if (name === 'cycle') return got?.list?.[1] === got;
  if (name === 'shared') return got?.[0] !== undefined && got[0] === got[1];
  return isDeepStrictEqual(sent, got);
}

async function giveMessages(ask, all) {
  const wrong = [];
  for (const [name, value] of all) {
    at(`waiting for the echo of ${name}`);
    let seen;
    try {
      seen = (await ask({ op: 'echo', value })).value;
    } catch (error) {
      wrong.push(`${name} (${error.message})`);
      continue;
    }
    if (same(name, value, seen)) continue;
    const [line] = inspect(seen, { breakLength: Infinity }).split('\n');
    wrong.push(`${name} (${line.slice(0, 60)})`);
  }
  if (wrong.length) throw new Error(`came back changed: ${wrong.join(', ')}`);
}

// ---- what is given: [handle, how to get the answer, what to let go of once it has been taken]

const tcp = [0, '127.0.0.1'];
const unix = [`socket.${process.pid}`];

/** A server, and a function that connects to it. */
async function listening(where) {
  const server = net.createServer({ pauseOnConnect: true }).listen(...where);
  await once(server, 'listening');
  if (where === tcp) {
    const { port } = server.address();
    return [server, () => net.connect(port, '127.0.0.1')];
  }
  // A second name, because a server that is closed removes its path, in whichever process goes on serving.
  fs.linkSync(where[0], `${where[0]}.too`);
  return [server, () => net.connect(`${where[0]}.too`)];
}

async function aServer(where) {
  const [server, connect] = await listening(where);
  return [server, () => read(connect().on('connect', function () { this.write('who?'); })), () => server.close()];
}

async function connected(where) {
  const [server, connect] = await listening(where);
  const client = connect();
  const [socket] = await once(server, 'connection');
  server.close();
  return [socket, client];
}

async function aSocket(where) {
  const [socket, client] = await connected(where);
  return [socket, () => read(client), () => {}];
}

async function aHandle(where) {
  const [socket, client] = await connected(where);
  if (!socket._handle) throw new Error('a socket has no _handle here');
  return [socket._handle, () => read(client), () => socket.destroy()];
}

async function aDatagramSocket() {
  const socket = dgram.createSocket('udp4').bind(...tcp);
  await once(socket, 'listening');
  const { port } = socket.address();
  const answer = async () => {
    const asking = dgram.createSocket('udp4');
    asking.send('who?', port, '127.0.0.1');
    const [text] = await once(asking, 'message');
    asking.close();
    return String(text);
  };
  return [socket, answer, () => socket.close()];
}

/** What comes on a stream: an answer, or all of it where it ends without. */
function read(stream) {
  return new Promise((done, failed) => {
    let text = '';
    stream.setEncoding('utf8').on('error', failed).on('end', () => done(text));
    stream.on('data', (data) => {
      text += data;
      if (/^pid \d+;/.test(text)) done(text);
    });
  });
}

const make = {
  'net.Socket': () => aSocket(tcp),
  'net.Server': () => aServer(tcp),
  'dgram': aDatagramSocket,
  'Unix socket': () => aSocket(unix),
  'Unix server': () => aServer(unix),
  'native TCP': () => aHandle(tcp),
  'native pipe': () => aHandle(unix),
};

async function give(kind, ask, serialization, pid) {
  if (kind === 'message') return giveMessages(ask, values(serialization));
  if (kind === 'Error, cause') {
    return giveMessages(ask, [['Error with a cause', new RangeError('far', { cause: { code: 5 } })]]);
  }
  at(`making a ${kind}`);
  const [handle, answer, letGo] = await make[kind]();
  at(`waiting for the ${kind} to be taken`);
  await ask({ op: 'take', kind }, handle);
  letGo();
  at(`waiting for an answer on the ${kind}`);
  const text = await answer();
  if (text !== `pid ${pid};`) throw new Error(`the answer is ${inspect(text)}, not from pid ${pid}`);
}

// ---- what is taken

function take(kind, handle) {
  const mine = `pid ${process.pid};`;
  const expect = (type) => {
    if (!(handle instanceof type)) throw new Error(`came as ${handle ? handle.constructor?.name : 'nothing'}`);
  };
  if (/socket/i.test(kind)) {
    expect(net.Socket);
    handle.end(mine);
  } else if (/server/i.test(kind)) {
    expect(net.Server);
    // Not before it is asked: a Bun client cannot do with an answer that is there, and over, before it looks.
    handle.once('connection', (socket) => socket.once('data', () => socket.end(mine, () => handle.close())));
  } else if (kind === 'dgram') {
    expect(dgram.Socket);
    handle.once('message', (_, from) => handle.send(mine, from.port, from.address, () => handle.close()));
  } else {
    if (!handle || handle instanceof net.Socket) throw new Error(`came as ${handle ? 'Socket' : 'nothing'}`);
    new net.Socket({ handle, readable: false, writable: true }).end(mine);
  }
}

// ---- the conversation

function converse(channel, pid, serialization) {
  let answered;
  const reply = (why, more) => channel.send({ op: 'answer', why: why ? why.message : null, ...more });
  const ask = (message, handle) =>
    new Promise((done, failed) => {
      answered = (answer) => (answer.why ? failed(new Error(answer.why)) : done(answer));
      channel.send(message, handle, (error) => error && failed(error));
    });
  channel.on('message', (message, handle) => {
    if (message.op === 'answer') return answered(message);
    if (message.op === 'echo') return reply(null, { value: message.value });
    if (message.op === 'bye') return channel.disconnect();
    if (message.op === 'give') {
      return give(message.kind, ask, message.serialization, pid).then(() => reply(), reply);
    }
    try {
      take(message.kind, handle);
      reply();
    } catch (error) {
      reply(error);
    }
  });
  return { ask, give: (kind) => give(kind, ask, serialization, pid) };
}

async function parent(kind, serialization, directions, program, ...argv) {
  at('starting the child');
  const child = spawn(program, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization });
  const ended = new Promise((done) => {
    child.on('exit', (code, signal) => done(`the child ended: ${signal ?? `exit code ${code}`}`));
    child.on('error', (error) => done(`no child: ${error.message}`));
  });
  const died = ended.then((why) => { throw new Error(why); });
  died.catch(() => {});
  const { ask, give } = converse(child, child.pid, serialization);
  const ways = { down: () => give(kind), up: () => ask({ op: 'give', kind, serialization }) };
  for (const direction of directions.split(',')) {
    const went = await Promise.race([ways[direction](), died]).then(() => null, (error) => error.message);
    tell({ direction, why: went });
  }
  at('waiting for the end of the child');
  if (child.connected) child.send({ op: 'bye' });
  const end = await ended;
  tell({ end });
  process.exit(0);
}

const [, , role, ...others] = process.argv;
if (role === 'child') {
  process.on('disconnect', () => process.exit(0));
  converse(process, process.ppid);
} else {
  parent(...others);
}
