/**
 * The page's files: plain HTML, CSS and modules, read from their folder. In the packed library their text is here
 * instead, so that a bundle, or an executable, has them.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { joinScripts, SCRIPTS } from './join-scripts.js';
import type { DashboardAssets } from './messages.js';

const FOLDER = fileURLToPath(new URL('../../../src/dashboard/assets/', import.meta.url));

export function dashboardAssets(): DashboardAssets {
  const read = (name: string): string => readFileSync(`${FOLDER}${name}`, 'utf8');
  return {
    html: read('index.html'),
    script: joinScripts(SCRIPTS.map(read)),
    style: read('app.css'),
    icon: read('icon.svg'),
  };
}
