/**
 * Node's REPL with our names, a prompt that follows the master, and lines that appear above it.
 *
 * Input is evaluated in the program's own realm, so that its objects are as plain as the program's.
 */

import { clearLine, cursorTo } from 'node:readline';
import { type REPLEval, type REPLServer, type ReplOptions, start } from 'node:repl';
import { HISTORY_LINES, historyFile } from './history-file.js';
import { scriptInput } from './script-input.js';

interface MwReplParams {
  readonly names: ReadonlyMap<string, unknown>;
  readonly help: string;
  readonly prompt: () => string;
}

/** The longest delay of the prompt. */
const REDRAW_AFTER_MS = 50;

export class MwRepl {
  readonly closed: Promise<void>;
  readonly #server: REPLServer;
  readonly #prompt: () => string;
  #evaluating = false;
  #over = false;
  #redraw: NodeJS.Timeout | undefined;
  #promptShown = '';
  #settled: () => void = () => {};

  private constructor(server: REPLServer, { names, help, prompt }: MwReplParams) {
    this.#server = server;
    this.#prompt = prompt;
    for (const [name, value] of names) {
      Object.defineProperty(server.context, name, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    this.#watchEvaluations();
    this.#addHelp(help);
    this.closed = new Promise((resolve) => {
      server.once('exit', () => {
        this.#over = true;
        clearTimeout(this.#redraw);
        if (server.terminal) server.output.write('\n');
        resolve();
      });
    });
  }

  /** Resolves when the history of earlier runs is loaded and the first prompt is shown. */
  static async open(params: MwReplParams): Promise<MwRepl> {
    let repl: MwRepl | undefined;
    const input = process.stdin.isTTY
      ? {}
      : { input: scriptInput(process.stdin, async () => repl?.settled()), output: process.stdout };
    // Node passes the size of the history to its line editor; the types do not know it
    const options: ReplOptions & { historySize: number } = {
      ...input,
      prompt: params.prompt(),
      useGlobal: true,
      ignoreUndefined: true,
      breakEvalOnSigint: true,
      // A preview would run incomplete input
      preview: false,
      historySize: HISTORY_LINES,
    };
    const server = start(options);
    repl = new MwRepl(server, params);
    const history = server.terminal ? historyFile() : undefined;
    if (history !== undefined) {
      await new Promise<void>((resolve) => server.setupHistory(history, () => resolve()));
    }
    return repl;
  }

  /** Resolves when nothing is being evaluated. */
  settled(): Promise<void> {
    if (!this.#evaluating) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  /** Writes a line above the current input. */
  print(line: string): void {
    const { output, terminal } = this.#server;
    if (!terminal || this.#evaluating || this.#over) {
      output.write(`${line}\n`);
      return;
    }
    cursorTo(output, 0);
    clearLine(output, 0);
    output.write(`${line}\n`);
    this.#server.displayPrompt(true);
  }

  /** The prompt may have changed. */
  refresh(): void {
    if (this.#redraw !== undefined || this.#over) return;
    this.#redraw = setTimeout(() => {
      this.#redraw = undefined;
      const changed = this.#prompt() !== this.#promptShown;
      if (changed && !this.#evaluating && this.#server.terminal) {
        this.#server.displayPrompt(true);
      }
    }, REDRAW_AFTER_MS);
    this.#redraw.unref();
  }

  close(): void {
    if (!this.#over) this.#server.close();
  }

  /** A prompt ends an evaluation; after an error it is the only sign of the end. */
  #watchEvaluations(): void {
    const server: Pick<REPLServer, 'displayPrompt'> & { eval: REPLEval } = this.#server;
    const { eval: evaluate, displayPrompt } = server;
    server.eval = (code, context, file, done) => {
      this.#evaluating = true;
      const listenAgain = leaveSigintToNode();
      try {
        evaluate.call(this.#server, code, context, file, done);
      } finally {
        listenAgain();
      }
    };
    server.displayPrompt = (preserveCursor) => {
      this.#evaluating = false;
      this.#promptShown = this.#prompt();
      this.#server.setPrompt(this.#promptShown);
      displayPrompt.call(this.#server, preserveCursor);
      this.#settled();
    };
  }

  #addHelp(help: string): void {
    const server = this.#server;
    const original = server.commands.help;
    server.defineCommand('help', {
      help: 'Print this help message',
      action(text) {
        server.output.write(`${help}\n`);
        original?.action.call(server, text);
      },
    });
  }
}

/**
 * Node interrupts an evaluation by SIGINT. With a listener beside it, the signal would end the process, and one that was
 * there before the evaluation would never be called again.
 */
function leaveSigintToNode(): () => void {
  const listeners = process.rawListeners('SIGINT') as NodeJS.SignalsListener[];
  process.removeAllListeners('SIGINT');
  return () => {
    for (const listener of listeners) process.on('SIGINT', listener);
  };
}
