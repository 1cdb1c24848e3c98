/** Which master a stub speaks to: the entered one, the program's, the only live one, or none. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  currentSubmitter,
  enterMaster,
  registerSubmitter,
  setProgramSubmitter,
} from '../../src/algorithms/submitter-context.js';
import { UsageError } from '../../src/errors.js';
import { RecordingSubmitter } from './recording-submitter.js';

const a = new RecordingSubmitter();
const b = new RecordingSubmitter();
const context = suite('submitter context');
const opened: (() => void)[] = [];

function register(master: RecordingSubmitter): () => void {
  const unregister = registerSubmitter(master);
  opened.push(unregister);
  return unregister;
}

context.after.each(() => {
  setProgramSubmitter(undefined);
  for (const unregister of opened.splice(0)) unregister();
});

function refuses(pattern: RegExp): void {
  assert.throws(
    () => currentSubmitter('hello.funcall'),
    (error: unknown) => error instanceof UsageError && pattern.test(error.message),
  );
}

context('throws without any master, and says both cures', () => {
  refuses(/^hello\.funcall needs a master, and no master runs .*\(a slave has none.*inside the master/);
  refuses(/mw\.run or withKernel, or keep one live master/);
});

context('uses the only live master, while it lives', () => {
  const unregister = register(a);
  assert.is(currentSubmitter(), a);
  unregister();
  unregister();
  refuses(/no master runs/);
});

context('throws why the last master ended, until there is another', () => {
  const end = new Error('stopped');
  const [first, second] = [registerSubmitter(a), registerSubmitter(b)];
  first(new Error('the first to go'));
  assert.is(currentSubmitter(), b);
  second(end);
  assert.throws(
    () => currentSubmitter('hello.funcall'),
    (error: unknown) => error === end,
  );
  register(a)();
  refuses(/no master runs/);
});

context('does not choose between two live masters, and chooses again when one is left', () => {
  register(a);
  const unregister = register(b);
  refuses(/2 masters run in this process/);
  unregister();
  assert.is(currentSubmitter(), a);
});

context("prefers the program's master to live ones", () => {
  register(a);
  setProgramSubmitter(b);
  assert.is(currentSubmitter(), b);
  setProgramSubmitter(undefined);
  assert.is(currentSubmitter(), a);
});

context('prefers the entered master to all, also after awaiting, and only in there', async () => {
  setProgramSubmitter(b);
  await enterMaster(a, async () => {
    assert.is(currentSubmitter(), a);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(currentSubmitter(), a);
    assert.is(
      enterMaster(b, () => currentSubmitter()),
      b,
    );
    assert.is(currentSubmitter(), a);
  });
  assert.is(currentSubmitter(), b);
});

context('keeps two entered masters apart', async () => {
  register(a);
  register(b);
  const seen = await Promise.all(
    [a, b].map((master) =>
      enterMaster(master, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return currentSubmitter();
      }),
    ),
  );
  assert.is(seen[0], a);
  assert.is(seen[1], b);
  refuses(/2 masters run/);
});

context('hands an error of the entered function on', () => {
  assert.throws(
    () =>
      enterMaster(a, () => {
        throw new RangeError('mine');
      }),
    RangeError,
  );
  refuses(/no master runs/);
});

context.run();
