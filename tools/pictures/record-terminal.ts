/** Runs a command in a pseudo-terminal, by `script` of util-linux, and hands over what it wrote there. */
import { spawn } from 'node:child_process';
import { descendants } from './descendants.js';

export interface Recording {
  /** For a shell. */
  readonly command: string;
  readonly folder: string;
  readonly columns: number;
  readonly rows: number;
  /** A command that takes longer is killed, and that is an error. */
  readonly timeoutMs: number;
  /** Called with all output so far whenever there is more, and the id of the process above the command's. */
  readonly onOutput?: (output: string, pid: number) => void;
}

/** Throws when the command fails, or `onOutput` does; no process is left then. */
export async function recordTerminal(recording: Recording): Promise<string> {
  const { command, folder, columns, rows, timeoutMs, onOutput } = recording;
  // Nothing else of the environment: CI, TMUX and COLORTERM also change what a program prints.
  const { PATH, HOME } = process.env;
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows ${rows}; exec ${command}`, '/dev/null'],
    { cwd: folder, env: { PATH, HOME, TERM: 'xterm-256color' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    if (child.pid !== undefined) killTree(child.pid);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    try {
      if (child.pid !== undefined) onOutput?.(output, child.pid);
    } catch (error) {
      fail(error);
    }
  });
  const late = `${command} had not ended after ${timeoutMs / 1_000} s`;
  const timer = setTimeout(() => fail(new Error(late)), timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error('cannot run `script`: install util-linux', { cause: error })),
    );
    child.on('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (failure !== undefined) throw failure;
  if (code !== 0) throw new Error(`${command} ended with ${code ?? 'a signal'}:\n${output}`);
  return output;
}

/** Each by itself: what runs in the terminal has a session of its own, and a master lives through the terminal's end. */
function killTree(pid: number): void {
  for (const one of [...descendants(pid).map(({ pid }) => pid), pid]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
