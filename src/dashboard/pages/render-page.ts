/** From a query, such as `page=slaves&filter=busy`, to the data of its page. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { ProfileDesk } from '../profile/profile-desk.js';
import { failuresPage } from './failures-page.js';
import { machinesPage } from './machines-page.js';
import { outputPage } from './output-page.js';
import { overviewPage } from './overview-page.js';
import { profilePage } from './profile-page.js';
import { MOST_SLAVE_ROWS, slavesPage } from './slaves-page.js';
import { streamPage } from './stream-page.js';
import { MOST_STORIES, tasksPage } from './tasks-page.js';
import { threadsPage } from './threads-page.js';
import { MOST_TRAIL_LINES, sharedPage, trailPage } from './trail-page.js';

export const PAGES = [
  'overview',
  'stream',
  'slaves',
  'failures',
  'tasks',
  'machines',
  'shared',
  'trail',
  'profile',
  'threads',
  'output',
] as const;
export type PageName = (typeof PAGES)[number];

/** Those that show what slaves run now. */
export const PAGES_OF_SLAVES: ReadonlySet<string> = new Set<PageName>([
  'stream',
  'slaves',
  'machines',
  'profile',
]);

const MOST_CHARACTERS = 200;
const STREAM_SECONDS = 120;

export interface PageQuery {
  readonly page: PageName;
  readonly filter: string;
  /** The id of a task. */
  readonly task: string;
  /** The length of the stream; 0 for all that is kept. */
  readonly seconds: number;
  /** The time at which the stream was paused. */
  readonly untilMs: number | undefined;
}

/** Undefined if there is no such page. */
export function parsePageQuery(text: string): PageQuery | undefined {
  const query = new URLSearchParams(text);
  const read = (name: string): string => (query.get(name) ?? '').slice(0, MOST_CHARACTERS);
  const page = PAGES.find((one) => one === read('page'));
  if (page === undefined) return undefined;
  const seconds = read('seconds') === 'whole' ? 0 : Number(read('seconds') || STREAM_SECONDS);
  const untilMs = Number(read('until'));
  return {
    page,
    filter: read('filter'),
    task: read('task'),
    seconds: seconds >= 0 ? seconds : STREAM_SECONDS,
    untilMs: untilMs > 0 ? untilMs : undefined,
  };
}

export function renderPage(
  model: DashboardModel,
  profiles: Pick<ProfileDesk, 'fault' | 'kept' | 'underWay'>,
  { page, filter, task, seconds, untilMs }: PageQuery,
  nowMs: number,
): object {
  switch (page) {
    case 'overview':
      return overviewPage(model, nowMs);
    case 'stream':
      return streamPage(model, nowMs, seconds, untilMs);
    case 'slaves':
      return slavesPage(model, nowMs, filter, MOST_SLAVE_ROWS);
    case 'failures':
      return failuresPage(model);
    case 'tasks':
      return tasksPage(model, filter, task, MOST_STORIES);
    case 'machines':
      return machinesPage(model, nowMs);
    case 'shared':
      return sharedPage(model);
    case 'trail':
      return trailPage(model, filter, MOST_TRAIL_LINES);
    case 'profile':
      return profilePage(model, profiles, filter);
    case 'threads':
      return threadsPage(model);
    case 'output':
      return outputPage(model, filter);
    default:
      return page satisfies never;
  }
}
