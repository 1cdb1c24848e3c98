/** The folders of a user, where its home is moved, empty, or unknown. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { historyFile } from '../../src/cli/repl/history-file.js';
import { defaultFolder } from '../../src/machines/server/own-folder.js';
import { userFolder } from '../../src/structures/user-folder.js';

const test = suite('user-folder');
const { HOME } = process.env;
test.after.each(() => {
  if (HOME === undefined) delete process.env.HOME;
  else process.env.HOME = HOME;
});

test('it is what the variable says, or its place in the home', () => {
  process.env.HOME = '/home/ada';
  assert.is(userFolder('XDG_CACHE_HOME', { XDG_CACHE_HOME: '/var/cache' }), '/var/cache');
  for (const named of [undefined, '', 'relative', './cache']) {
    assert.is(userFolder('XDG_CACHE_HOME', { XDG_CACHE_HOME: named }), '/home/ada/.cache', named);
    assert.is(userFolder('XDG_STATE_HOME', { XDG_STATE_HOME: named }), '/home/ada/.local/state', named);
  }
});

test('without a home there is none: no history is kept, and a server says what to type', () => {
  for (const home of ['', 'relative']) {
    process.env.HOME = home;
    assert.is(userFolder('XDG_STATE_HOME', {}), undefined);
    assert.is(historyFile({}), undefined);
    assert.throws(() => defaultFolder({}), /no home.*--folder DIR/);
  }
});

test.run();
