/** Ports for programs that must be told one before they listen, or that come back at the one that they had. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const PORTS = 10_000;
const LOWEST = 1_024;
/** Where the system's own choices begin, unless it says otherwise. */
const USUAL_LOWEST_CHOICE = 32_768;
const MOST_TRIES = 100;

const given = new Set<number>();

/**
 * A port of loopback that nobody listens at, another one each time. The system gives none of these to programs that ask for any
 * port, so that no other test or connection takes it before its program does, or while that is away.
 */
export async function freePort(): Promise<number> {
  const end = lowestChoice();
  const begin = Math.max(LOWEST, end - PORTS);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = randomInt(begin, end);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`none of ${MOST_TRIES} ports from ${begin} to ${end - 1} is free`);
}

function lowestChoice(): number {
  try {
    const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/);
    const choice = Number(lowest);
    return choice > LOWEST + PORTS ? choice : USUAL_LOWEST_CHOICE;
  } catch {
    return USUAL_LOWEST_CHOICE;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
