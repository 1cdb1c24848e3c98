/** The packages in `bench/peers/node_modules`: the project does not depend on them. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside the sources: this file runs in `dist`. */
const FOLDER = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));
const requirePeer = createRequire(`${FOLDER}package.json`);

export const INSTALL = 'npm install --prefix bench/peers --ignore-scripts';

export function load(name: string): unknown {
  return requirePeer(name);
}

/** Undefined if it is not installed. */
export function versionOf(name: string): string | undefined {
  const file = `${FOLDER}node_modules/${name}/package.json`;
  return existsSync(file) ? (requirePeer(file) as { version: string }).version : undefined;
}

/** With its version, if it is installed; its package has the same name in small letters. */
export function named(peer: string): string {
  return [peer, versionOf(peer.toLowerCase())].filter((part) => part !== undefined).join(' ');
}

/** A file that is not compiled. */
export function sourceFile(name: string): string {
  return FOLDER + name;
}
