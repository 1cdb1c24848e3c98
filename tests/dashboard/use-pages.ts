/** Uses the dashboard's pages in a browser, as people do: each step waits for what the page then shows. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { until } from '../support/programs.js';

const LIMIT_MS = 60_000;
/** Places in the canvas of lanes. */
const [NAMES, LANE, HALF_LANE] = [20, 20, 10];

async function turn(page: Page, hash: string, title: string): Promise<void> {
  await page.evaluate(`location.hash = '#${hash}'`);
  await until(title, async () => (await page.locator('h1').innerText()) === title, LIMIT_MS);
}

/** Nothing is wider than the window, and no table is wider than its place. */
export async function expectNothingCut(page: Page, name: string): Promise<void> {
  assert.is(
    await page.evaluate('document.documentElement.scrollWidth > innerWidth'),
    false,
    `${name} is too wide`,
  );
  const cut = `[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth).length`;
  assert.is(await page.evaluate(cut), 0, `${name} has a table that is cut`);
}

const DAY = 86_400;

/** Of the day. */
function secondsOf(time = ''): number {
  const [hours = Number.NaN, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return hours * 3_600 + minutes * 60 + seconds;
}

/** Between two times of day of which nobody knows the day: midnight may be between them. */
function secondsBetween(one: number, other: number): number {
  const seconds = Math.abs(one - other);
  return Math.min(seconds, DAY - seconds);
}

function rowsOf(page: Page): Locator {
  return page.locator('tbody tr');
}

/** Hover says what runs, a click opens it, a pause keeps its end while it is zoomed, and a name opens its slave. */
export async function useStream(page: Page, shots: string): Promise<void> {
  await turn(page, 'stream', 'Stream');
  const [canvas, caption] = [page.locator('canvas'), page.locator('.lanes .caption')];
  await until('lanes', async () => /\d+ slaves/.test(await page.locator('.tools').innerText()), LIMIT_MS);
  const box = async () => (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const hover = async (lane: number, x: number): Promise<string> => {
    const { x: left, y: top } = await box();
    await page.mouse.move(left + x, top + lane * LANE + HALF_LANE);
    return caption.innerText();
  };
  let lane = 0;
  await until(
    'the run that goes on',
    async () => {
      const lanes = Math.floor((await box()).height / LANE) - 1;
      lane = (lane + 1) % Math.max(1, lanes);
      return /runs TASK-0 for .*a click opens TASK-0/.test(await hover(lane, (await box()).width - 3));
    },
    LIMIT_MS,
  );
  // Drawn again meanwhile, it may have begun a cell of which nothing is known yet
  const whole = /^SLAVE-\d+ \(.*\): \d\d:\d\d:\d\d, 100 % busy with long;/;
  await until('its last cell', async () => whole.test(await hover(lane, (await box()).width - 3)), LIMIT_MS);
  await page.keyboard.press('Space');
  const pause = page.getByRole('button', { name: 'pause' });
  assert.is(await pause.getAttribute('aria-pressed'), 'true');
  const note = async (): Promise<string> => page.locator('.tools .soft').innerText();
  const pausedAt = async (): Promise<string | undefined> => / paused at (\S+)$/.exec(await note())?.[1];
  await until('it stands still', async () => (await pausedAt()) !== undefined, LIMIT_MS);
  const ended = secondsOf(await pausedAt());
  const endsThere = async (): Promise<boolean> => {
    const [, time] = /: (\d\d:\d\d:\d\d),/.exec(await hover(lane, (await box()).width - 1)) ?? [];
    // A pixel of ten minutes, and a cell of the whole stream, are some seconds
    const ends = [secondsOf(time), secondsOf(await pausedAt())];
    return ends.every((end) => secondsBetween(end, ended) <= 6);
  };
  const pressed = page.locator('.tools [aria-pressed=true]');
  for (const [key, label] of [
    ['+', '60 s'],
    ['+', '30 s'],
    ['-', '60 s'],
  ] as const) {
    await page.keyboard.press(key);
    assert.is(await pressed.last().innerText(), label);
  }
  for (const label of ['10 min', 'all']) {
    await page.getByRole('button', { name: label }).click();
    await until(`${label} still ends where it was paused`, endsThere, LIMIT_MS);
  }
  await until(
    'failed runs',
    async () => /failed runs/.test(await page.locator('.legend').innerText()),
    LIMIT_MS,
  );
  await page.screenshot({ path: join(shots, 'stream-all.png'), fullPage: true });
  await pause.click();
  await hover(lane, NAMES);
  const sid = /^SLAVE-\d+/.exec(await caption.innerText())?.[0] ?? '';
  const { x, y } = await box();
  await page.mouse.click(x + NAMES, y + lane * LANE + HALF_LANE);
  await until('its slave', async () => (await rowsOf(page).count()) === 1, LIMIT_MS);
  assert.equal(
    [await page.locator('h1').innerText(), await page.getByRole('searchbox').inputValue()],
    ['Slaves', sid],
  );
  assert.is(await rowsOf(page).locator('td').first().innerText(), sid);
  await page.goBack();
  await until('the stream again', async () => (await page.locator('h1').innerText()) === 'Stream', LIMIT_MS);
  const opens = async (): Promise<boolean> => / TASK-0$/.test(await hover(lane, (await box()).width - 3));
  await until('the task', opens, LIMIT_MS);
  await canvas.click({ position: { x: (await box()).width - 3, y: lane * LANE + HALF_LANE } });
  await until(
    'its story',
    async () => /TASK-0/.test(await page.locator('main h2').first().innerText()),
    LIMIT_MS,
  );
  assert.match(page.url(), /#tasks\/TASK-0$/);
}

/** A click on a head sorts, by numbers as numbers; a filter leaves what fits. */
export async function useSlaves(page: Page): Promise<void> {
  await turn(page, 'slaves', 'Slaves');
  const head = page.locator('th').filter({ hasText: 'processor' });
  const place = await head.evaluate((th) => [...(th.parentElement?.children ?? [])].indexOf(th));
  const percents = async (): Promise<number[]> => {
    const texts = await rowsOf(page)
      .locator(`td:nth-child(${place + 1})`)
      .allInnerTexts();
    return texts.filter((text) => text !== '').map((text) => Number.parseInt(text, 10));
  };
  await until('the processor of two slaves', async () => (await percents()).length >= 2, LIMIT_MS);
  for (const [order, sign] of [
    ['descending', -1],
    ['ascending', 1],
  ] as const) {
    await head.getByRole('button').click();
    assert.is(await head.getAttribute('aria-sort'), order);
    const sorted = async (): Promise<boolean> => {
      const found = await percents();
      return `${found}` === `${[...found].sort((a, b) => sign * (a - b))}`;
    };
    await until(`they are ${order}`, sorted, LIMIT_MS);
  }
  const all = await rowsOf(page).count();
  await page.getByRole('searchbox').fill('lost');
  await until('those that were lost', async () => (await rowsOf(page).count()) < all, LIMIT_MS);
  for (const text of await rowsOf(page).allInnerTexts()) assert.match(text, /lost/);
  await page.getByRole('searchbox').fill('no such slave');
  await until('none', async () => (await page.locator('main').innerText()).includes('none fits'), LIMIT_MS);
  await page.getByRole('searchbox').fill('');
  await until('all of them', async () => (await rowsOf(page).count()) >= all, LIMIT_MS);
}

/** Tasks are found by their tag, their algorithm and their state. */
export async function useTasks(page: Page): Promise<void> {
  await turn(page, 'tasks', 'Tasks');
  const found = page.locator('section').filter({ hasText: 'Tasks without a fate' }).locator('tbody tr');
  const search = page.getByRole('searchbox');
  const isAlone = async (): Promise<boolean> =>
    (await found.count()) === 1 && /TASK-0/.test(await found.innerText());
  for (const text of ['<b>long</b>', 'TASK-0']) {
    await search.fill('nothing of that name');
    await until('none', async () => (await found.count()) === 0, LIMIT_MS);
    await search.fill(text);
    await until(`one task of ${text}`, isAlone, LIMIT_MS);
  }
  await page.getByRole('combobox').selectOption('queued');
  await until('it is not queued', async () => (await found.count()) === 0, LIMIT_MS);
  await page.getByRole('combobox').selectOption('running');
  await until('it runs', isAlone, LIMIT_MS);
  // Keys are the page's again
  await page.keyboard.press('Escape');
}

/** Also when the master's answer comes before the page's data; a task with a fate has no buttons. */
export async function cancelSecond(page: Page): Promise<void> {
  await turn(page, 'slaves', 'Slaves');
  const buttons = page.getByRole('button', { name: /^(cancel|kill)$/ });
  const text = page.locator('main pre');
  const events = /events\?page=tasks/;
  await page.route(events, async (route) => {
    await until('the answer', async () => /^TASK-1 \(long\)/.test(await text.innerText()), LIMIT_MS);
    await route.continue();
  });
  await page.evaluate("location.hash = '#tasks/TASK-1'");
  await until('both buttons', async () => (await buttons.count()) === 2, LIMIT_MS);
  await page.unroute(events);
  await buttons.first().click();
  await until('it is cancelled', async () => /^cancelled TASK-1$/.test(await text.innerText()), LIMIT_MS);
  assert.is(await buttons.count(), 0);
}

/** The URL that a master printed opens its pages also in a window that shows them, and does not stay there. */
export async function openAgain(page: Page, url: string): Promise<void> {
  await turn(page, 'slaves', 'Slaves');
  await page.goto(url);
  await until('the token is gone', () => !page.url().includes(new URL(url).hash), LIMIT_MS);
  await until(
    'the overview',
    async () => (await page.locator('h1').allInnerTexts())[0] === 'Overview',
    LIMIT_MS,
  );
}

/** A master that has ended leaves the pages that were open as they were last, and says which ones were not. */
export async function useEnded(page: Page): Promise<void> {
  const status = (): Promise<string> => page.locator('.status').innerText();
  await turn(page, 'slaves', 'Slaves');
  assert.match(await status(), /the master has ended; these are its last figures/);
  assert.ok((await rowsOf(page).count()) >= 3);
  await turn(page, 'machines', 'Machines');
  assert.match(await status(), /the master has ended, and this page was not open before/);
}

/** The page of a trail, from its file: every page that it has, without a word in its console. */
export async function openSaved(page: Page, file: string, shots: string, scheme: string): Promise<void> {
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (said) => problems.push(said.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) problems.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  await until('the overview', async () => (await page.locator('h1').count()) === 1, LIMIT_MS);
  const titles = await page.locator('nav a:visible').allInnerTexts();
  assert.equal(titles, ['Overview', 'Stream', 'Slaves', 'Failures', 'Tasks', 'Machines', 'Trail']);
  for (const title of titles) {
    await page.locator('nav a').filter({ hasText: title }).click();
    await until(title, async () => (await page.locator('h1').innerText()) === title, LIMIT_MS);
    await page.screenshot({
      path: join(shots, `saved-${title.toLowerCase()}-${scheme}.png`),
      fullPage: true,
    });
    await expectNothingCut(page, `saved ${title}`);
  }
  await page.locator('nav a').filter({ hasText: 'Slaves' }).click();
  await page.getByRole('searchbox').fill('lost');
  await until('the lost one', async () => (await rowsOf(page).count()) >= 1, LIMIT_MS);
  for (const text of await rowsOf(page).allInnerTexts()) assert.match(text, /lost/);
  assert.equal(problems, []);
}
