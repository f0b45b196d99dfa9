// parity.mjs FORM FILE ARGS OPTIONS: what Node's child_process makes of a request. ARGS and OPTIONS are JSON. Prints how
// it ended in brood's words, then what was written to stdout and to stderr.
import child_process from 'node:child_process';

const [form, file, argsText, optionsText] = process.argv.slice(2);
const args = JSON.parse(argsText);
const options = JSON.parse(optionsText);

const ended = (code, signal) => (signal ? `killed by ${signal}` : `exited with code ${code}`);
const print = (how, out, err) => process.stdout.write(`${how}\n--- stdout\n${out ?? ''}\n--- stderr\n${err ?? ''}\n`);

function collected(error, out, err) {
  if (!error) return print(ended(0), out, err);
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return print('wrote too much', out, err);
  if (typeof error.code === 'string') return print(`failed with ${error.code}`);
  print((error.killed ? 'took too long, ' : '') + ended(error.code, error.signal), out, err);
}

function synchronous(result) {
  const { error, status, signal, stdout, stderr } = result;
  if (error?.code === 'ENOBUFS') return print('wrote too much');
  if (error?.code === 'ETIMEDOUT') return print(`took too long, ${ended(status, signal)}`, stdout, stderr);
  if (error) return print(`failed with ${error.code}`);
  print(ended(status, signal), stdout, stderr);
}

const forms = {
  spawn() {
    const { input, kill, ...rest } = options;
    const child = child_process.spawn(file, args, rest);
    const text = { out: '', err: '' };
    child.on('error', (error) => print(`failed with ${error.code}`));
    child.stdout?.on('data', (data) => (text.out += data));
    child.stderr?.on('data', (data) => (text.err += data));
    child.on('exit', () => child.on('close', (code, signal) => print(ended(code, signal), text.out, text.err)));
    child.stdin?.end(input);
    if (kill) child.kill(kill);
  },
  exec: () => child_process.exec(file, options, collected),
  execFile: () => child_process.execFile(file, args, options, collected),
  spawnSync: () => synchronous(child_process.spawnSync(file, args, options)),
  execSync() {
    try {
      print(ended(0), child_process.execSync(file, { ...options, stdio: 'pipe' }));
    } catch (error) {
      synchronous({ ...error, error: error.error ?? (error.code ? error : undefined) });
    }
  },
};

try {
  forms[form]();
} catch (error) {
  print(`failed with ${error.code}`);
}
