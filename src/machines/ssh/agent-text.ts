/** The text of the agent, a module that imports only Node's own. The packed library has it here, in this one's place. */

import { readFile } from 'node:fs/promises';

export async function agentText(): Promise<string> {
  return await readFile(new URL('./agent.js', import.meta.url), 'utf8');
}
