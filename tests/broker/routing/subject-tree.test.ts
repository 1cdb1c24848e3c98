/** Subjects and the tree of their subscriptions, against a table and against a slow, obvious matcher. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isLiteralSubject, isValidSubject } from '../../../src/broker/protocol/subjects.js';
import { type Interest, SubjectTree } from '../../../src/broker/routing/subject-tree.js';

const subjects = suite('subject tree');

const VALID: readonly (readonly [subject: string, valid: boolean, literal: boolean])[] = [
  ['a', true, true],
  ['a.b.c', true, true],
  ['a*', true, true],
  ['a>b', true, true],
  ['*', true, false],
  ['>', true, false],
  ['a.*.c', true, false],
  ['a.>', true, false],
  ['a.>.c', false, false],
  ['', false, false],
  ['.a', false, false],
  ['a.', false, false],
  ['a..b', false, false],
];

for (const [subject, valid, literal] of VALID) {
  subjects(`it takes '${subject}' for ${valid ? 'valid' : 'invalid'}${literal ? ' and literal' : ''}`, () => {
    assert.is(isValidSubject(subject), valid);
    assert.is(isLiteralSubject(subject), literal);
  });
}

const MATCHES: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
  ['a', 'a', true],
  ['a', 'b', false],
  ['a', 'a.b', false],
  ['*', 'a', true],
  ['*', 'a.b', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a', false],
  ['*.b', 'a.b', true],
  ['a.*.c', 'a.b.c', true],
  ['>', 'a', true],
  ['>', 'a.b.c', true],
  ['>', 'a..c', false],
  ['a.>', 'a', false],
  ['a.>', 'a.b', true],
  ['a.>', 'a.b.c', true],
  ['a.*', 'a.*', true],
  ['a.b', 'a.*', false],
  ['*.*', 'a.>', true],
];

for (const [pattern, subject, matches] of MATCHES) {
  subjects(`it ${matches ? 'sends' : 'does not send'} ${subject} to ${pattern}`, () => {
    const tree = new SubjectTree<Interest>();
    tree.add({ subject: pattern, queue: undefined });
    assert.is(tree.match(subject).plain.length, matches ? 1 : 0);
  });
}

subjects('it puts members of a queue together, under whichever subject they came', () => {
  const tree = new SubjectTree<Interest>();
  for (const subject of ['a.b', 'a.*', '>']) tree.add({ subject, queue: 'q' });
  tree.add({ subject: 'a.b', queue: 'other' });
  tree.add({ subject: 'a.b', queue: undefined });
  const { plain, groups } = tree.match('a.b');
  assert.is(plain.length, 1);
  assert.equal(groups.map((group) => group.length).sort(), [1, 3]);
});

subjects('it lists those of one subject in the order in which they came', () => {
  const tree = new SubjectTree<Interest & { readonly sid: number }>();
  for (const sid of [1, 2, 3]) {
    tree.add({ subject: 'a', queue: undefined, sid });
    tree.add({ subject: 'a', queue: 'q', sid });
  }
  const { plain, groups } = tree.match('a');
  const sids = [plain, ...groups].map((list) => list.map(({ sid }) => sid));
  assert.equal(sids, [
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

subjects('it forgets what is removed, and changes its version each time', () => {
  const tree = new SubjectTree<Interest>();
  const one: Interest = { subject: 'a.*.>', queue: undefined };
  const two: Interest = { subject: 'a.*.>', queue: undefined };
  const versions = [tree.version];
  for (const interest of [one, two]) {
    tree.add(interest);
    versions.push(tree.version);
  }
  tree.remove(one);
  versions.push(tree.version);
  // Only ever upwards: a version that came back would make an old match look new.
  assert.equal(
    versions,
    [...new Set(versions)].sort((left, right) => left - right),
  );
  assert.equal(tree.match('a.b.c').plain, [two]);
  const before = tree.version;
  tree.remove(one);
  assert.is(tree.version, before, 'what is not there changes nothing');
  for (const subject of ['a.*', 'a.*.>.x', 'b', '>']) tree.remove({ subject, queue: undefined });
  assert.is(tree.version, before, 'nor does a subject that nobody has');
  tree.remove(two);
  assert.is(tree.match('a.b.c').plain.length, 0);
});

subjects('it keeps nothing of reply subjects that came and went', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const tree = new SubjectTree<Interest>();
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const comeAndGo = (subject: string): void => {
    const interest = { subject, queue: undefined };
    tree.add(interest);
    tree.remove(interest);
  };
  for (const end of ['a', '*', '>', '*.a', '*.>']) {
    comeAndGo(`before.${end}`);
    const before = used();
    for (let n = 0; n < 10_000; n++) comeAndGo(`reply-${n}.${end}`);
    // A node for each would be some hundred bytes.
    assert.ok(used() - before < 1_000_000, `${used() - before} bytes are kept for *.${end}`);
  }
  assert.equal(tree.match('reply-1.a'), { plain: [], groups: [] });
});

subjects('it agrees with an obvious matcher on random trees', () => {
  const random = randomNumbers(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const word = (tokens: readonly string[]): string =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(tokens)).join('.');
  const tree = new SubjectTree<Interest>();
  const live = new Set<Interest>();
  for (let step = 0; step < 3000; step++) {
    const subject = word(['a', 'b', '*', '>']);
    if (isValidSubject(subject) && random() < 0.6) {
      const interest: Interest = { subject, queue: undefined };
      live.add(interest);
      tree.add(interest);
    } else if (live.size > 0) {
      const gone = pick([...live]);
      live.delete(gone);
      tree.remove(gone);
    }
    const asked = word(['a', 'b', 'c']);
    const expected = [...live].filter((interest) => obviouslyMatches(interest.subject, asked));
    assert.equal(new Set(tree.match(asked).plain), new Set(expected), asked);
    if (live.size > 20) {
      for (const interest of live) tree.remove(interest);
      live.clear();
    }
  }
});

function obviouslyMatches(pattern: string, subject: string): boolean {
  const source = pattern
    .split('.')
    .map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token))
    .join('\\.');
  return new RegExp(`^${source}$`).test(subject);
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

subjects.run();
