/**
 * Every page in a real browser: with a running computation, a lost slave and errors whose texts are markup, at three widths,
 * light and dark; then used, to its end, and the page of its trail. Screenshots are in dist/screenshots, to be looked at.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { root } from '../docs/read-docs.js';
import { until, withPrograms } from '../support/programs.js';
import {
  cancelSecond,
  expectNothingCut,
  openAgain,
  openSaved,
  useEnded,
  useSlaves,
  useStream,
  useTasks,
} from './use-pages.js';

const test = suite('dashboard in a browser');

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const SHOTS = join(root, 'dist', 'screenshots');
const WIDTHS = [1280, 800, 390];
const LIMIT_MS = 60_000;
/** Such lines of a farm are put into the trail, which has none. */
const FARM: readonly AuditEvent[] = [
  { type: 'machine-state', machine: 'ada@big.example.org', state: 'starting' },
  {
    type: 'machine-state',
    machine: 'server.example.org:11111',
    state: 'failing',
    againSeconds: 60,
    reason: 'its validation refused it: it has 8 GB of memory, and <b>16</b> are needed',
  },
  { type: 'machine-state', machine: 'm3', state: 'given-up', reason: 'it cannot be reached' },
];
const AUDIT_LINE = /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d /;

/** Of each page, a text that only its data has. */
const PROFILE = /master computed [\s\S]*crunchFor/;
const PAGES: Readonly<Record<string, RegExp>> = {
  overview: /of 3,002 tasks|done so far/,
  stream: /slaves/,
  slaves: /SLAVE-0[\s\S]*lost/,
  failures: /RangeError[\s\S]*<img src=x onerror=alert\(1\)>[\s\S]*process ended by SIGKILL/,
  tasks: /<b>long<\/b>/,
  'tasks/TASK-0': /TASK-0 \(long\) /,
  machines: /tasks at once/,
  shared: /no shared value/,
  trail: /TASKS SETTLED/,
  profile: PROFILE,
  threads: /thread\.watcher/,
  output: /SLAVE-\d+, [\s\S]*--dashboard-show-values/,
};

async function visit(page: Page, name: string, shows: RegExp, picture: string): Promise<void> {
  await page.evaluate(`location.hash = '#${name}'`);
  const text = (): Promise<string> => page.locator('body').innerText();
  await until(`${name} shows ${shows}`, async () => shows.test(await text()), LIMIT_MS);
  await page.screenshot({ path: join(SHOTS, `${picture}.png`), fullPage: true });
  await expectNothingCut(page, picture);
  assert.is(await page.locator('main img, main b > *, iframe').count(), 0, 'a text became markup');
  assert.is(await page.locator('[aria-current=page]').innerText(), await page.locator('h1').innerText());
}

/** By its button; the profile is shown when it is there, to all that look. */
async function takeProfile(page: Page): Promise<void> {
  await page.evaluate("location.hash = '#profile/SLAVE-1'");
  const process = page.getByLabel('process');
  await until('the slave is chosen', async () => (await process.inputValue()) === 'SLAVE-1', LIMIT_MS);
  await process.selectOption('master');
  await page.getByLabel('for').selectOption('1');
  // A second in which the machine does other things may have nothing of it
  const isWhole = async (): Promise<boolean> => {
    await page.getByRole('button', { name: 'take a profile' }).click();
    await until('the flame graph', async () => (await page.locator('.flame g').count()) > 3, LIMIT_MS);
    return PROFILE.test(await page.locator('body').innerText());
  };
  await until('a profile of what the master computes', isWhole, LIMIT_MS);
}

/** Keys walk in the flame graph and zoom, a search says how much it is, and the file is one for DevTools. */
async function useProfile(page: Page): Promise<void> {
  const flame = page.locator('.flame');
  const marked = (): Promise<string | null> => flame.getAttribute('aria-activedescendant');
  // The page comes before its profile
  await until('the flame graph', async () => (await page.locator('.flame g').count()) > 3, LIMIT_MS);
  await flame.focus();
  const first = await marked();
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  assert.is.not(await marked(), first);
  const zoomed = await page.locator('.flame .marked rect').getAttribute('width');
  const width = await flame.evaluate((svg) => svg.clientWidth);
  assert.ok(Math.abs(Number(zoomed) - width) < 2, `${zoomed} of ${width}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('crunchFor');
  await until('it is found', async () => (await page.locator('.flame .found').count()) > 0, LIMIT_MS);
  assert.match(await page.locator('main').innerText(), /\d+ % of the time/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText('download .cpuprofile').click(),
  ]);
  assert.match(download.suggestedFilename(), /^master-\d{8}T\d{6}Z\.cpuprofile$/);
  assert.ok(Array.isArray(JSON.parse(readFileSync(await download.path(), 'utf8')).samples));
}

const executablePath = BROWSERS.find((path) => existsSync(path));

if (executablePath === undefined) {
  console.log(`skipped: no Chromium is here; Debian has it in its package chromium (${BROWSERS.join(', ')})`);
  test('no browser was found, so nothing was tried', () => {});
} else {
  test('every page shows its data, whole and without an error, and then the end', () =>
    withPrograms(async ({ folder, start }) => {
      const { chromium } = await import('playwright-core');
      const program = start('looked-at.js', [
        '--master',
        '--slaves',
        '2',
        '--dashboard',
        '--dashboard-control',
      ]);
      const [, url = ''] = await program.waitForLine(/dashboard at (http:\S+)/, LIMIT_MS);
      await program.waitForLine(/THREW .*<img/, LIMIT_MS);
      await program.waitForLine(/SLAVE-1 .*:connecting/, LIMIT_MS);
      const [, pid] = await program.waitForLine(/SLAVE-0 \S+:(\d+) ->/, LIMIT_MS);
      process.kill(Number(pid), 'SIGKILL');
      await program.waitForLine(/SLAVE-0 LOST/, LIMIT_MS);
      mkdirSync(SHOTS, { recursive: true });
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      try {
        const problems: string[] = [];
        let last: Page | undefined;
        for (const colorScheme of ['light', 'dark'] as const) {
          for (const width of WIDTHS) {
            await last?.context().close();
            const page = await (
              await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
            ).newPage();
            page.on('pageerror', ({ message }) => problems.push(message));
            page.on('console', (said) => problems.push(said.text()));
            page.on('dialog', (dialog) => problems.push(dialog.message()));
            page.on('request', (request) => {
              if (!request.url().startsWith(new URL(url).origin)) problems.push(request.url());
            });
            await page.goto(url);
            await until('the token is gone', () => !page.url().includes(new URL(url).hash), LIMIT_MS);
            if (last === undefined) await takeProfile(page);
            for (const [name, shows] of Object.entries(PAGES))
              await visit(page, name, shows, `${name.replace('/', '-')}-${width}-${colorScheme}`);
            last = page;
          }
        }
        assert.ok(last);
        const page = last;
        await useStream(page, SHOTS);
        await useSlaves(page);
        await useTasks(page);
        await cancelSecond(page);
        await openAgain(page, url);
        const menu = await page.locator('nav a:visible').allInnerTexts();
        assert.equal(
          menu.filter((title) => ['Machines', 'Shared values', 'Threads'].includes(title)),
          ['Threads'],
        );
        // Keys: digits turn pages, / goes to the filter
        await page.keyboard.press('3');
        await until('the slaves', async () => (await page.locator('h1').innerText()) === 'Slaves', LIMIT_MS);
        await page.keyboard.press('/');
        await page.keyboard.type('lost');
        await until('one row', async () => (await page.locator('tbody tr').count()) === 1, LIMIT_MS);
        await page.keyboard.press('Escape');
        await page.keyboard.press('9');
        await until(
          'the profile',
          async () => (await page.locator('h1').innerText()) === 'Profile',
          LIMIT_MS,
        );
        await useProfile(page);
        await page.evaluate("location.hash = '#failures'");
        await page.getByRole('button', { name: 'submit again' }).first().click();
        const said = (): Promise<string> => page.locator('main [role=status]').first().innerText();
        await until(
          'they are submitted',
          async () => /^submitted \d+ failed tasks? of parse/.test(await said()),
          LIMIT_MS,
        );
        await page.screenshot({ path: join(SHOTS, 'submitted-again.png'), fullPage: true });
        await page.evaluate("location.hash = '#slaves'");
        // The one that runs `long` would drain for ten minutes
        const others = page.locator('tbody tr').filter({ hasNotText: 'long' });
        const drain = others.getByRole('button', { name: 'drain' });
        await until('a slave may drain', async () => (await drain.count()) === 1, LIMIT_MS);
        await drain.click();
        await until('it drains', async () => /^drains SLAVE-\d+/.test(await said()), LIMIT_MS);
        await program.waitForLine(/DASHBOARD CONTROL submitted/, LIMIT_MS);
        await program.waitForLine(/DASHBOARD CONTROL drains/, LIMIT_MS);
        await until(
          'it has ended',
          async () => (await page.locator('tbody .tag.shut-down').count()) === 1,
          LIMIT_MS,
        );
        await page.screenshot({ path: join(SHOTS, 'drained.png'), fullPage: true });
        await page.getByRole('button', { name: 'add a local slave' }).click();
        await until(
          'one starts',
          async () => /^started a local slave, process \d+/.test(await said()),
          LIMIT_MS,
        );
        const [, added = ''] = /process (\d+)/.exec(await said()) ?? [];
        const [, sid = ''] = await program.waitForLine(
          new RegExp(`(SLAVE-\\d+) \\S+:${added} -> .*:connecting`),
          LIMIT_MS,
        );
        const its = page.locator('tbody tr').filter({ has: page.getByText(sid, { exact: true }) });
        await until('it may be stopped', async () => (await its.count()) === 1, LIMIT_MS);
        await its.getByRole('button', { name: 'stop' }).click();
        await until(
          'it is stopped',
          async () => (await said()).startsWith(`stopped ${sid}, process`),
          LIMIT_MS,
        );
        await program.waitForLine(
          new RegExp(`${sid} LOST|DISCONNECT.*${sid}|${sid} .*:disconnected`),
          LIMIT_MS,
        );
        await program.waitForLine(new RegExp(`DASHBOARD CONTROL stopped ${sid}`), LIMIT_MS);
        // A reload needs no token again
        await page.reload();
        await until('the slaves again', async () => (await page.locator('tbody tr').count()) >= 3, LIMIT_MS);
        assert.equal(problems, []);
        process.kill(program.pid, 'SIGINT');
        await until(
          'it says the end',
          async () => /has ended/.test(await page.locator('.status').innerText()),
          LIMIT_MS,
        );
        await program.ended();
        await useEnded(page);
        const [trail, html] = [join(folder, 'audit.txt'), join(folder, 'page.html')];
        const lines = [...program.out, ...program.err].filter((line) => AUDIT_LINE.test(line));
        const joined = lines.findIndex((line) => line.includes(':connecting'));
        lines.splice(joined, 0, ...FARM.map((event) => formatText(event, Date.now())));
        writeFileSync(trail, `${lines.join('\n')}\n`);
        const report = start('looked-at.js', ['--audit-report', trail, '--html', html]);
        assert.is(await report.code(), 0, report.report());
        for (const [width, colorScheme] of [
          [1280, 'light'],
          [390, 'dark'],
        ] as const) {
          const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
          await openSaved(await context.newPage(), html, SHOTS, colorScheme);
        }
      } finally {
        await browser.close();
      }
    }));
}

test.run();
