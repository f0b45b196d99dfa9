// The same answer as examples/hello_cluster from Deno's own server:
// DENO_JOBS=2 deno serve --parallel --port PORT serve.mjs
const headers = { 'Content-Type': 'text/plain' };
const body = `hello from worker 1 pid ${globalThis.Deno.pid}\n`;

export default { fetch: () => new Response(body, { headers }) };
