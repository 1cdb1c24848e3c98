/** That one master at a time writes to an audit file, and that a dead one's claim keeps nobody off. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileOwner, thisOwner } from '../../../src/audit/write/file-owner.js';
import { claimTrail } from '../../../src/audit/write/trail-claim.js';
import { withFolder } from '../support.js';

const it = suite('audit/trail-claim');

const thrownBy = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
};

it('refuses a second master, whatever it calls the file, until the first one has released it', () =>
  withFolder((folder) => {
    const file = `${folder}/audit.txt`;
    const link = `${folder}/link`;
    const first = claimTrail(file);
    writeFileSync(file, '');
    symlinkSync(file, link);
    for (const path of [file, link]) {
      const message = thrownBy(() => claimTrail(path));
      assert.match(message, `writes to ${path}, and the lines`);
    }
    assert.match(
      thrownBy(() => claimTrail(file)),
      /another master of this process .* type for example --audit-file .*\/audit-2\.txt$/,
    );
    const other = claimTrail(`${folder}/other`);
    first.release();
    first.release();
    claimTrail(link).release();
    other.release();
    assert.equal(readdirSync(folder).sort(), ['audit.txt', 'link'], 'nothing is left beside it');
  }));

it('takes over the claim of a process that has ended, and one that nobody can judge', () =>
  withFolder((folder) => {
    const file = `${folder}/audit`;
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const own = thisOwner();
    const held = (change: Partial<FileOwner>): string => JSON.stringify({ ...own, ...change });
    for (const text of [
      held({ pid }),
      held({ started: 'another boot 1' }),
      held({ host: `not-${hostname()}` }),
      held({ started: undefined }),
      held({ pid: -1 }),
      '',
      '{"pid":',
      'null',
    ]) {
      writeFileSync(`${file}.master`, text);
      const claim = claimTrail(file);
      const { token, pid: holder } = JSON.parse(readFileSync(`${file}.master`, 'utf8'));
      assert.equal([holder, token === own.token], [process.pid, false], text);
      assert.match(
        thrownBy(() => claimTrail(file)),
        'another master',
        text,
      );
      claim.release();
      assert.equal(readdirSync(folder), [], text);
    }
  }));

it('leaves a claim alone that is another one by now', () =>
  withFolder((folder) => {
    const file = `${folder}/audit`;
    const claim = claimTrail(file);
    const other = JSON.stringify(thisOwner());
    writeFileSync(`${file}.master`, other);
    claim.release();
    assert.is(readFileSync(`${file}.master`, 'utf8'), other);
  }));

it('claims no device, and nothing where a claim cannot be written', () =>
  withFolder((folder) => {
    claimTrail('/dev/null').release();
    assert.not(existsSync('/dev/null.master'));
    claimTrail(`${folder}/none/audit`).release();
    writeFileSync(`${folder}/audit`, '');
    chmodSync(folder, 0o500);
    const claims = [claimTrail(`${folder}/audit`)];
    // The superuser may still write there
    if (!existsSync(`${folder}/audit.master`)) claims.push(claimTrail(`${folder}/audit`));
    for (const claim of claims) claim.release();
    chmodSync(folder, 0o700);
  }));

it('leaves no listener behind', () =>
  withFolder((folder) => {
    const before = process.listenerCount('exit');
    claimTrail(`${folder}/audit`).release();
    assert.is(process.listenerCount('exit'), before);
  }));

it.run();
