/** How a process is started whose wall clock a file can move. */

import { fileURLToPath } from 'node:url';

const CLOCK = fileURLToPath(new URL('./jumping-clock.js', import.meta.url));

export function preloadClock(file: string): { nodeFlags: string[]; env: Record<string, string> } {
  return { nodeFlags: ['--import', CLOCK], env: { FAULTS_CLOCK: file } };
}
