/** How long this machine takes for what a machine of two quiet cores does at once: to start a program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const TIMES = 3;
/** On a machine as the one that the limits of the tests were chosen on. */
const USUAL_MS = 300;
const MOST = 6;

/** By how much the limits of tests are to be longer; 1 at least. */
export async function measurePatience(cwd: string): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const began = performance.now();
    const child = spawn(process.execPath, ['--input-type=module', '-e', "import 'ts-mw'"], {
      cwd,
      stdio: 'ignore',
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error('the library does not load: npm run build');
    took.push(performance.now() - began);
  }
  const median = took.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? USUAL_MS;
  return Math.min(MOST, Math.max(1, median / USUAL_MS));
}
