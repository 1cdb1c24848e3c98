import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SharedContent, SharedValue } from '../../../src/algorithms/shared.js';
import { FormatError, UsageError } from '../../../src/errors.js';
import { ShareStore, type TaskShares } from '../../../src/slave/shares/share-store.js';
import type { CopyReader } from '../../../src/slave/shares/shared-entry.js';
import { encodeBody } from '../../../src/wire/messages/body.js';
import { parseToMaster, type ShareName } from '../../../src/wire/messages/share-messages.js';
import { share } from '../../../src/wire/shares/share.js';
import { fileHead } from '../../../src/wire/shares/share-body.js';

const it = suite('slave/share-store');

const contentOf = (value: unknown): SharedContent =>
  (share(value) as unknown as SharedValue).content as SharedContent;
const nameOf = ({ key, size }: SharedContent): ShareName => [key, size];

/** Values of exactly 1,000 bytes. */
const [a, b, c, d] = 'abcd'.split('').map((letter) => {
  const content = contentOf(letter.repeat(1_000 - 8));
  assert.is(content.size, 1_000);
  return content;
}) as [SharedContent, SharedContent, SharedContent, SharedContent];
const names = new Map([a, b, c, d].map((content, index) => [content.key, 'abcd'[index]]));

class Stage {
  /** Since the last look, such as `want a 0`. */
  said: string[] = [];
  readonly files: string[] = [];
  readonly store: ShareStore;

  constructor(mostBytes = 2_500) {
    this.store = new ShareStore({
      mostBytes,
      files: {
        write: (_key, name, bytes) => {
          this.files.push(name);
          return `/folder/${name}:${Buffer.from(bytes)}`;
        },
        remove: () => void this.files.pop(),
      },
      readCopy: this.#readCopy,
      onRead: () => void this.said.push('read'),
      post: ({ text, raws }) => {
        const message = parseToMaster(encodeBody(text, raws));
        if (message.type === 'want') {
          const how = message.byPieces ? ' by pieces' : '';
          for (const [key, from] of message.wants)
            this.said.push(`want ${names.get(key) ?? '?'} ${from}${how}`);
          return;
        }
        for (const key of message.has) this.said.push(`has ${names.get(key) ?? '?'}`);
        for (const key of message.dropped) this.said.push(`dropped ${names.get(key) ?? '?'}`);
      },
      onAsked: () => {},
      onReceived: () => {},
      onDropped: () => {},
    });
  }

  /** Reads in progress: `read(bytes)` brings some, and the last ones end it. */
  readonly reads: { readonly path: string; read: (bytes: Uint8Array) => void; fail: () => void }[] = [];
  stopped = 0;
  readonly #readCopy: CopyReader = ({ path }, room, { onRead, onEnd }) => {
    let at = 0;
    const read = (bytes: Uint8Array): void => {
      room.set(bytes, at);
      onRead(room.subarray(at, at + bytes.byteLength));
      at += bytes.byteLength;
      if (at === room.byteLength) onEnd(true);
    };
    this.reads.push({ path, read, fail: () => onEnd(false) });
    return () => void this.stopped++;
  };

  copy(content: SharedContent, head: Uint8Array = new Uint8Array(0), mark?: string): void {
    const { key, size } = content;
    const path = `/copies/${names.get(key)}`;
    assert.not(this.store.take({ type: 'copy', key, size, path, head, mark }));
  }

  /** Messages to its master since the last look. */
  heard(): string[] {
    return this.said.splice(0);
  }

  task(...contents: readonly SharedContent[]): TaskShares {
    return this.store.acquire(contents.map(nameOf));
  }

  piece(content: SharedContent, from = 0, to = content.size): boolean {
    return this.store.take({
      type: 'piece',
      key: content.key,
      size: content.size,
      from,
      bytes: content.read(from, to),
    });
  }

  run(shares: TaskShares): unknown[] {
    assert.ok(this.store.isReady(shares));
    this.store.begin(shares);
    const find = this.store.finderFor(shares);
    return shares.map(({ key }) => find(key));
  }

  end(shares: TaskShares): void {
    this.store.release(shares, true);
  }
}

it('asks once for what several tasks need, and gives all the same object', () => {
  const stage = new Stage();
  const content = contentOf({ list: [1, 2] });
  const tasks = [stage.task(content), stage.task(content)] as const;
  assert.equal(stage.heard(), ['want ? 0']);
  assert.not(stage.store.isReady(tasks[0]));
  assert.not(stage.piece(content, 0, 10));
  assert.not(stage.store.isReady(tasks[0]));
  assert.ok(stage.piece(content, 10));
  assert.equal(stage.heard(), ['has ?']);
  const [first] = stage.run(tasks[0]);
  assert.equal(first, { list: [1, 2] });
  stage.end(tasks[0]);
  assert.is(stage.run(tasks[1])[0], first);
  stage.end(tasks[1]);
  assert.is(stage.run(stage.task(content))[0], first);
  assert.equal(stage.heard(), []);
});

it('drops what no task needs, the least recently used first', () => {
  const stage = new Stage();
  for (const content of [a, b]) {
    const task = stage.task(content);
    stage.piece(content);
    stage.run(task);
    stage.end(task);
  }
  stage.end(
    (() => {
      const again = stage.task(a);
      stage.run(again);
      return again;
    })(),
  );
  stage.heard();
  stage.task(c);
  assert.equal(stage.heard(), ['dropped b', 'want c 0']);
  assert.is(stage.store.used, 2_000);
});

it('waits for room that tasks before it take, and asks when they end', () => {
  const stage = new Stage();
  const [first, second] = [stage.task(a), stage.task(b)];
  stage.piece(a);
  stage.piece(b);
  stage.heard();
  stage.task(c);
  assert.equal(stage.heard(), []);
  stage.run(first);
  stage.end(first);
  assert.equal(stage.heard(), ['dropped a', 'want c 0']);
  stage.run(second);
});

it('takes the room of later tasks for the one whose turn it is, and asks again for theirs', () => {
  const stage = new Stage();
  const first = stage.task(a, b);
  const later = stage.task(a);
  stage.piece(a);
  stage.piece(b);
  stage.run(first);
  stage.end(first);
  const next = stage.task(c, d);
  // b went for c; a is needed by the later task
  assert.equal(stage.heard().slice(-2), ['dropped b', 'want c 0']);
  assert.not(stage.store.isReady(next));
  assert.equal(stage.heard(), ['dropped a', 'want d 0']);
  stage.piece(c);
  stage.piece(d);
  stage.heard();
  stage.run(next);
  assert.not(stage.store.isReady(later));
  assert.equal(stage.heard(), []);
  stage.end(next);
  assert.equal(stage.heard(), ['dropped c', 'want a 0']);
});

it('never drops what a running task has', () => {
  const stage = new Stage();
  const running = stage.task(a, b);
  stage.piece(a);
  stage.piece(b);
  stage.run(running);
  stage.heard();
  const next = stage.task(c);
  assert.not(stage.store.isReady(next));
  assert.equal(stage.heard(), []);
  stage.end(running);
  assert.equal(stage.heard(), ['dropped a', 'want c 0']);
});

it('fails a task that needs more than all the room, and others do not wait for it', () => {
  const stage = new Stage();
  const greedy = stage.task(a, b, c);
  assert.ok(stage.store.isReady(greedy));
  stage.store.begin(greedy);
  assert.throws(
    () => stage.store.finderFor(greedy),
    (error: Error) => error instanceof UsageError && /3000 bytes.*2500.*--share-cache/.test(error.message),
  );
  stage.end(greedy);
  const other = stage.task(d);
  stage.piece(d);
  stage.run(other);
});

it('goes on in the next session where the last one ended', () => {
  const stage = new Stage();
  const tasks = [stage.task(a), stage.task(b)];
  stage.piece(a);
  stage.piece(b, 0, 300);
  for (const task of tasks) stage.store.release(task, false);
  stage.heard();
  stage.store.open();
  assert.equal(stage.heard(), ['has a', 'want b 300']);
  assert.not(stage.piece(b, 0, 300));
  assert.ok(stage.piece(b, 300));
  assert.equal(stage.run(stage.task(b)).length, 1);
});

it('ignores pieces that nobody needs, that come twice or do not follow', () => {
  const stage = new Stage();
  assert.not(stage.piece(a));
  const task = stage.task(a);
  assert.not(stage.piece(a, 10));
  assert.not(stage.piece(a, 0, 10));
  assert.not(stage.piece(a, 0, 10));
  assert.ok(stage.piece(a, 10));
  assert.not(stage.piece(a));
  stage.run(task);
});

it('fails tasks whose bytes are not those of the key, and refuses another size', () => {
  const stage = new Stage();
  const task = stage.task(a);
  const wrong = { type: 'piece', key: a.key, size: a.size, from: 0, bytes: b.read(0, b.size) } as const;
  assert.ok(stage.store.take(wrong));
  assert.is(stage.store.used, 0);
  assert.ok(stage.store.isReady(task));
  stage.store.begin(task);
  const find = stage.store.finderFor(task);
  assert.throws(() => find(a.key), isFormatError);
  stage.task(a);
  assert.throws(() => stage.store.take({ ...wrong, size: 999 }), isFormatError);
});

it('fails tasks whose value is gone, and asks again for later ones', () => {
  const stage = new Stage();
  const task = stage.task(a);
  stage.store.take({ type: 'gone', key: a.key, reason: 'it was released' });
  assert.ok(stage.store.isReady(task));
  stage.store.begin(task);
  const find = stage.store.finderFor(task);
  assert.throws(
    () => find(a.key),
    (error: Error) => error instanceof UsageError && /released/.test(error.message),
  );
  stage.heard();
  const later = stage.task(a);
  assert.equal(stage.heard(), ['want a 0']);
  stage.end(task);
  stage.piece(a);
  stage.run(later);
});

it('reads a copy of its machine, while the session is another', () => {
  const stage = new Stage();
  const task = stage.task(a);
  stage.copy(a, a.read(0, 10));
  stage.copy(a);
  const read = stage.reads[0] as (typeof stage.reads)[number];
  assert.is(read.path, '/copies/a');
  read.read(a.read(10, 500));
  stage.heard();
  stage.store.open();
  assert.equal(stage.heard(), []);
  assert.not(stage.piece(a, 500));
  assert.not(stage.store.isReady(task));
  read.read(a.read(500, 1_000));
  assert.equal(stage.heard(), ['has a', 'read']);
  assert.equal(stage.run(task), ['a'.repeat(992)]);
  assert.is(stage.reads.length, 1);
});

it('does not look at the bytes of a copy that has the mark of its master', () => {
  const stage = new Stage();
  const task = stage.task(a);
  stage.copy(a, new Uint8Array(0), 'mark');
  stage.reads[0]?.read(b.read(0, a.size));
  assert.equal(stage.heard().slice(-2), ['has a', 'read']);
  assert.equal(stage.run(task), ['b'.repeat(992)]);
});

it('asks for pieces where a copy cannot be read, has other bytes, or comes after pieces', () => {
  const stage = new Stage();
  const tasks = [stage.task(a), stage.task(b)];
  stage.copy(a);
  stage.heard();
  stage.reads[0]?.fail();
  assert.equal(stage.heard(), ['want a 0 by pieces', 'read']);
  stage.copy(b);
  stage.reads[1]?.read(c.read(0, c.size));
  assert.equal(stage.heard(), ['want b 0 by pieces', 'read']);
  stage.piece(a);
  stage.piece(b, 0, 10);
  stage.copy(b);
  assert.equal(stage.heard(), ['has a', 'want b 10 by pieces']);
  stage.piece(b, 10);
  for (const task of tasks) stage.run(task);
});

it('stops reading what it drops, and heeds no copy of what it does not want', () => {
  const stage = new Stage();
  const first = stage.task(a, b);
  stage.copy(a);
  stage.piece(b);
  stage.store.release(first, false);
  const next = stage.task(c, d);
  assert.is(stage.stopped, 1);
  stage.piece(c);
  stage.piece(d);
  stage.run(next);
  stage.copy(a);
  stage.copy(c);
  assert.is(stage.reads.length, 1);
  const { key, size } = c;
  const wrong = {
    type: 'copy',
    key,
    size: size - 1,
    path: '/',
    head: new Uint8Array(0),
    mark: undefined,
  } as const;
  assert.throws(() => stage.store.take(wrong), isFormatError);
});

it('fetches ahead what tasks will need, if there is room', () => {
  const stage = new Stage();
  stage.store.take({ type: 'fetch', shares: [nameOf(a)] });
  assert.equal(stage.heard(), ['want a 0']);
  stage.piece(a);
  stage.store.take({ type: 'fetch', shares: [nameOf(a)] });
  assert.equal(stage.heard(), ['has a', 'has a']);
  stage.run(stage.task(a));
});

it('says that what it should fetch ahead is gone', () => {
  const stage = new Stage();
  stage.store.take({ type: 'fetch', shares: [nameOf(a)] });
  stage.heard();
  stage.store.take({ type: 'gone', key: a.key, reason: 'the file has changed' });
  assert.equal(stage.heard(), ['dropped a']);
  assert.is(stage.store.used, 0);
});

it('says that there is no room for what it should fetch ahead', () => {
  const stage = new Stage();
  stage.task(a, b);
  stage.heard();
  stage.store.take({ type: 'fetch', shares: [nameOf(c)] });
  assert.equal(stage.heard(), ['dropped c']);
});

it('writes a file once, gives its path, and removes it when it is dropped', () => {
  const stage = new Stage(1_000);
  const head = fileHead('data.txt');
  const body = Buffer.concat([head, Buffer.from('hello')]);
  const key = createHash('sha256').update(body).digest('base64url');
  const file: SharedContent = {
    key,
    size: body.length,
    read: (from, to) => body.subarray(from, to),
    value: () => '',
  };
  const task = stage.task(file);
  stage.piece(file);
  assert.equal(stage.run(task), ['/folder/data.txt:hello']);
  stage.end(task);
  assert.equal(stage.run(stage.task(file)), ['/folder/data.txt:hello']);
  assert.equal(stage.files, ['data.txt']);
  stage.end(stage.task(file));
  stage.end(stage.task(file));
});

it('keeps its room whatever comes: seeded tasks over values of all sizes', () => {
  for (let seed = 1; seed <= 40; seed++) churn(seed);
});

/** Tasks in random order over eight values, one or two at once, as a slave runs them. */
function churn(seed: number): void {
  let state = seed;
  const below = (n: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
  const contents = Array.from({ length: 8 }, (_, index) => contentOf(`${index}`.repeat(1 + below(900))));
  const byKey = new Map(contents.map((content) => [content.key, content]));
  const wants: string[] = [];
  const mostBytes = 2_000;
  const store = new ShareStore({
    mostBytes,
    files: { write: () => '', remove() {} },
    onRead() {},
    post: ({ text, raws }) => {
      const message = parseToMaster(encodeBody(text, raws));
      if (message.type === 'want') for (const [key] of message.wants) wants.push(key);
    },
    onAsked() {},
    onReceived() {},
    onDropped() {},
  });
  const queue: TaskShares[] = [];
  const running: TaskShares[] = [];
  let ran = 0;
  let left = 60;
  for (let step = 0; step < 5_000 && ran < 60; step++) {
    const choice = below(4);
    if (choice === 0 && left > 0) {
      left--;
      const [one, other] = [contents[below(8)], contents[below(8)]] as [SharedContent, SharedContent];
      queue.push(store.acquire((one === other ? [one] : [one, other]).map(nameOf)));
    } else if (choice === 1) {
      const key = wants.shift();
      const content = key === undefined ? undefined : byKey.get(key);
      if (content !== undefined) {
        const bytes = content.read(0, content.size);
        store.take({ type: 'piece', key: content.key, size: content.size, from: 0, bytes });
      }
    } else if (choice === 2 && running.length < 2) {
      const next = queue[0];
      if (next !== undefined && store.isReady(next)) {
        queue.shift();
        store.begin(next);
        running.push(next);
        const find = store.finderFor(next);
        for (const { key } of next) assert.is(find(key), byKey.get(key)?.value());
      }
    } else if (running.length > 0) {
      store.release(running.splice(below(running.length), 1)[0] as TaskShares, true);
      ran++;
    }
    assert.ok(store.used <= mostBytes, `${store.used} bytes are taken (seed ${seed})`);
  }
  assert.is(ran, 60, `all tasks ran (seed ${seed})`);
}

function isFormatError(error: unknown): boolean {
  return error instanceof FormatError;
}

it.run();
