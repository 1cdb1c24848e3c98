/** Profiles at the dashboard: folded into a tree and a table, checked, and taken one at a time. */
import { EventEmitter } from 'node:events';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DashboardModel } from '../../src/dashboard/model/dashboard-model.js';
import { MOST_CHOICES, profilePage } from '../../src/dashboard/pages/profile-page.js';
import { foldProfile } from '../../src/dashboard/profile/flame-tree.js';
import { MOST_KEPT, ProfileDesk } from '../../src/dashboard/profile/profile-desk.js';
import { type CpuProfile, readProfile, unpackProfile } from '../../src/dashboard/profile/read-profile.js';
import type { ProfileNews } from '../../src/threads/profile-messages.js';
import { until } from '../support/programs.js';

const test = suite('dashboard profiles');

/** Nodes are `id name children...`, samples `id microseconds`. */
function profileOf(nodes: readonly string[], samples: readonly (readonly [number, number])[]): CpuProfile {
  return {
    nodes: nodes.map((text) => {
      const [id = '', name = '', ...children] = text.split(' ');
      const [functionName = '', url = ''] = name.split('@');
      const callFrame = { functionName, url, lineNumber: url === '' ? -1 : 9 };
      return { id: Number(id), callFrame, children: children.map(Number) };
    }),
    startTime: 1_000,
    endTime: 1_010 + samples.reduce((sum, [, us]) => sum + us, 0),
    samples: samples.map(([id]) => id),
    timeDeltas: [10, ...samples.slice(0, -1).map(([, us]) => us)],
  };
}

const ROOT = '1 (root)';
const CASES: Readonly<
  Record<
    string,
    readonly [CpuProfile, calls: readonly string[], functions: readonly string[], idleUs: number]
  >
> = {
  'a sample lasts until the next, the last one to the end; the longest call comes first': [
    profileOf(
      [`${ROOT} 2 3`, '2 a@f', '3 b@f 4', '4 c@f'],
      [
        [2, 100],
        [4, 200],
        [3, 50],
        [4, 300],
      ],
    ),
    ['0 b 50/550', '1 c 500/500', '0 a 100/100'],
    ['c 500/500', 'a 100/100', 'b 50/550'],
    0,
  ],
  'idle time is no call': [
    profileOf(
      [`${ROOT} 2 3`, '2 (idle)', '3 a@f 4', '4 (idle)@f'],
      [
        [2, 700],
        [3, 5],
        [4, 10],
      ],
    ),
    ['0 a 5/15', '1 (idle) 10/10'],
    ['(idle) 10/10', 'a 5/15'],
    700,
  ],
  'calls of one function in one place are one, and a function that calls itself counts once': [
    profileOf(
      [`${ROOT} 2 5`, '2 a@f 3', '3 a@f 4', '4 b@f', '5 a@f 6', '6 b@f'],
      [
        [4, 10],
        [6, 20],
        [3, 1],
      ],
    ),
    ['0 a 0/31', '1 b 20/20', '1 a 1/11', '2 b 10/10'],
    ['b 30/30', 'a 1/31'],
    0,
  ],
  'nodes in a circle, without a parent, or with two, and samples of none, are not counted twice or for ever':
    [
      profileOf(
        [`${ROOT} 2 3 9`, '2 a@f 3 1', '3 b@f 2 2', '4 c@f'],
        [
          [2, 1],
          [3, 2],
          [4, 4],
          [77, 8],
        ],
      ),
      ['0 a 1/3', '1 b 2/2'],
      ['b 2/2', 'a 1/3'],
      0,
    ],
  nothing: [profileOf([ROOT], []), [], [], 0],
};

for (const [what, [profile, calls, functions, idleUs]] of Object.entries(CASES)) {
  test(`a fold: ${what}`, () => {
    const tree = foldProfile(readProfile(JSON.stringify(profile)));
    const name = (frame: number): string => tree.frames[frame]?.[0] ?? '';
    assert.equal(
      tree.calls.map(([depth, frame, self, total]) => `${depth} ${name(frame)} ${self}/${total}`),
      calls,
    );
    assert.equal(
      tree.functions.map(([frame, self, total]) => `${name(frame)} ${self}/${total}`),
      functions,
    );
    assert.is(tree.idleUs, idleUs);
    assert.is(
      tree.busyUs,
      tree.calls.reduce((sum, [, , self]) => sum + self, 0),
    );
    assert.equal([tree.left, tree.samples], [0, profile.samples.length]);
  });
}

test('a fold is bounded: the shortest calls are left, none without the one that it is in, and no stack is endless', () => {
  const nodes = [`${ROOT} ${Array.from({ length: 50 }, (_, at) => 10 + 2 * at).join(' ')}`];
  const samples: [number, number][] = [];
  for (let at = 0; at < 50; at++) {
    nodes.push(`${10 + 2 * at} outer${at}@f ${11 + 2 * at}`, `${11 + 2 * at} inner${at}@f`);
    samples.push([11 + 2 * at, 1 + at]);
  }
  const tree = foldProfile(profileOf(nodes, samples), 9);
  assert.equal([tree.calls.length, tree.left], [9, 91]);
  assert.equal(
    tree.calls.map(([depth]) => depth),
    [0, 1, 0, 1, 0, 1, 0, 1, 0],
  );
  assert.is(tree.functions.length, 40);
  const deep = Array.from({ length: 3_000 }, (_, at) => `${at + 2} f${at}@f ${at + 3}`);
  const stack = foldProfile(profileOf([`${ROOT} 2`, ...deep], [[3_001, 40]]));
  assert.equal([stack.calls.length, stack.busyUs, stack.calls.at(-1)], [512, 40, [511, 511, 40, 40]]);
});

test('frames are named, with their lines and whose code they are', () => {
  const kinds = [
    '@file:///p/a.js',
    '@node:fs',
    '@file:///p/node_modules/x/b.js',
    '(program)',
    '@C:\\p\\node_modules\\x',
  ];
  const nodes = kinds.map((name, at) => `${at + 2} ${name}`);
  const tree = foldProfile(
    profileOf(
      [`${ROOT} 2 3 4 5 6`, ...nodes],
      kinds.map((_, at) => [at + 2, 10 - at]),
    ),
  );
  assert.equal(tree.frames, [
    ['(anonymous)', 'file:///p/a.js', 10, 'program'],
    ['(anonymous)', 'node:fs', 10, 'node'],
    ['(anonymous)', 'file:///p/node_modules/x/b.js', 10, 'package'],
    ['(program)', '', 0, 'native'],
    ['(anonymous)', 'C:\\p\\node_modules\\x', 10, 'package'],
  ]);
});

test('what is no profile is refused, also a small file that unpacks to a large one', async () => {
  const good = profileOf([`${ROOT} 2`, '2 a@f'], [[2, 5]]);
  assert.equal(readProfile(JSON.stringify(good)), good);
  const [node] = good.nodes;
  for (const bad of [
    ...['', '{', 'null', '[]', '{}'],
    ...Object.keys(good).map((key) => JSON.stringify({ ...good, [key]: undefined })),
    ...[{ nodes: [] }, { nodes: [{}] }, { samples: ['1'] }, { timeDeltas: [null] }, { endTime: '1' }].map(
      (part) => JSON.stringify({ ...good, ...part }),
    ),
    JSON.stringify({ ...good, nodes: [{ ...node, children: ['2'] }] }),
    JSON.stringify({ ...good, nodes: [{ id: 1, callFrame: { functionName: 1, url: '', lineNumber: 0 } }] }),
  ])
    assert.throws(() => readProfile(bad), /^sent something that is not a profile$|is not a profile/, bad);
  const refused = async (bytes: Uint8Array): Promise<boolean> =>
    unpackProfile(bytes).then(
      () => false,
      () => true,
    );
  assert.ok(await refused(Buffer.from('no')));
  assert.ok(await refused(gzipSync(Buffer.alloc(65 * 1024 * 1024), { level: 1 })));
});

/** The sentinel's end of the port. */
class Port extends EventEmitter {
  readonly orders: unknown[] = [];

  postMessage(order: unknown): void {
    this.orders.push(order);
  }

  say(news: ProfileNews): void {
    this.emit('message', news);
  }

  unref(): void {}

  close(): void {
    this.emit('close');
  }
}

test('a desk takes one at a time, keeps the last four, and says what was wrong', async () => {
  const desk = new ProfileDesk(() => Date.UTC(2026, 0, 2, 3, 4, 5));
  const wish = { process: 'SLAVE-12', seconds: 5 };
  assert.match(desk.order(wish) ?? '', /has not started yet/);
  const port = new Port();
  desk.open(port as never);
  assert.is(desk.order(wish), undefined);
  assert.match(
    desk.order({ process: 'master', seconds: 1 }) ?? '',
    /^a profile of SLAVE-12 is being taken for 5 s; ask/,
  );
  assert.equal(port.orders, [{ key: 1, slave: 12, seconds: 5 }]);
  port.say({ key: 1, state: 'running' });
  port.say({ key: 1, state: 'fetching', pieces: 1, of: 4 });
  assert.equal([desk.underWay?.state, desk.underWay?.share], ['fetching', 0.25]);
  port.say({ key: 9, state: 'failed', reason: 'of another' });
  port.say({ key: 1, state: 'failed', reason: 'is gone' });
  assert.equal([desk.underWay, desk.fault?.reason], [undefined, 'is gone']);
  const bytes = gzipSync(JSON.stringify(profileOf([`${ROOT} 2`, '2 a@f'], [[2, 5]])));
  const take = async (content: Uint8Array): Promise<void> => {
    assert.is(desk.order({ process: 'master', seconds: 1 }), undefined);
    port.say({ key: port.orders.length, state: 'done', bytes: content });
    await until('it is read', () => desk.underWay === undefined);
  };
  for (let times = 0; times < 6; times++) await take(bytes);
  assert.is(desk.fault, undefined);
  assert.equal(
    desk.kept.map(({ id }) => id),
    [7, 6, 5, 4],
  );
  assert.is(desk.kept.length, MOST_KEPT);
  assert.is(desk.tree(3), undefined);
  assert.match(desk.tree(7) ?? '', /^\{"frames":\[\["a","f",10,"program"\]\]/);
  const file = await desk.file(7);
  assert.is(file?.name, 'master-20260102T030405Z.cpuprofile');
  assert.is(readProfile(String(file?.text)).samples.length, 1);
  await take(gzipSync('{"nodes":3}'));
  assert.is(desk.fault?.reason, 'sent something that is not a profile');
  assert.is(desk.order(wish), undefined);
  desk.close();
  assert.match(desk.fault?.reason ?? '', /sentinel has ended/);
  assert.match(desk.order(wish) ?? '', /has not started yet, or has ended/);
});

test('the page offers busy slaves first, the wanted one before all, and as many as it bears', () => {
  const model = new DashboardModel();
  for (let at = 0; at < MOST_CHOICES + 50; at++) {
    const sid = `SLAVE-${at}`;
    const event = {
      type: 'slave-connecting',
      sid,
      host: 'h',
      pid: at,
      kind: 'unordered',
      memberId: 'm',
    } as const;
    model.take(event, 1_000);
  }
  model.take({ type: 'slave-busy', sid: 'SLAVE-240' }, 1_001);
  const desk = new ProfileDesk(() => 0);
  const page = profilePage(model, desk, 'SLAVE-245');
  assert.equal(
    page.processes.slice(0, 4).map(({ process }) => process),
    ['master', 'SLAVE-245', 'SLAVE-240', 'SLAVE-0'],
  );
  assert.equal([page.processes.length, page.more], [MOST_CHOICES + 1, 50]);
});

test.run();
