/** Keeps a line at the foot of the terminal up to date, until it ends; gone at any end of the process. */

import { hasColours } from '../../audit/notices/has-colours.js';
import { FootLine, standardErrorFoot } from './foot-line.js';

const REDRAW_MS = 250;

/** They end a process that does not listen to them, without an `exit`; with a listener it must do so itself. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A computation that is over sooner needs no line. */
const FIRST_AFTER_MS = 1_000;

/** Makes the text for a width; undefined for none now. */
type MakeLine = (params: { readonly columns: number; readonly coloured: boolean }) => string | undefined;

/** Shows it every 250 ms, at first after a second, until the returned function is called. */
export function showLine(makeLine: MakeLine, firstAfterMs = FIRST_AFTER_MS): () => void {
  const foot = new FootLine(standardErrorFoot());
  const coloured = hasColours(true, process.env);
  const draw = (): void => {
    const { columns } = foot;
    const text = columns === undefined ? undefined : makeLine({ columns, coloured });
    if (text !== undefined) foot.show(text);
  };
  let timer = setTimeout(() => {
    draw();
    timer = setInterval(draw, REDRAW_MS).unref();
  }, firstAfterMs).unref();
  const clear = (): void => foot.clear();
  // While the process is stopped, its terminal belongs to a shell
  const onStop = (): void => {
    foot.clear();
    if (process.listenerCount('SIGTSTP') === 1) process.kill(process.pid, 'SIGSTOP');
  };
  const onEnding = (signal: NodeJS.Signals): void => {
    foot.clear();
    if (process.listenerCount(signal) > 1) return;
    process.off(signal, onEnding);
    process.kill(process.pid, signal);
  };
  process.on('exit', clear);
  process.on('SIGTSTP', onStop);
  // Before others, since a listener that runs once is no longer counted after its call
  for (const signal of ENDING) process.prependListener(signal, onEnding);
  return () => {
    clearTimeout(timer);
    foot.clear();
    process.off('exit', clear);
    process.off('SIGTSTP', onStop);
    for (const signal of ENDING) process.off(signal, onEnding);
  };
}
