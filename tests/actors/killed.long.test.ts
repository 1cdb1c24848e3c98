/** Actors whose slaves are killed: what was pending has the evidence, and what restarts goes on elsewhere. */
import { master, type UnrunnableError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rejection } from '../collections/farm.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { BookActor, LastingBook } from './classes.js';

const it = suite('killed actors');
const LIMIT_MS = 30_000;

it('reject what was pending, and those that restart are made again on another slave', () =>
  withPrograms(async ({ folder }) => {
    await using mw = await master({
      slaves: 3,
      program: programPath('actor-slave.js'),
      auditFile: `${folder}/audit`,
    });
    await within(LIMIT_MS, mw.run(body), () => 'the calls of both actors');

    async function body(): Promise<void> {
      const lasting = await LastingBook.create('lasting', 'first');
      const mortal = await BookActor.create('mortal');
      const places = await Promise.all([lasting.where(), mortal.where()]);
      const losses = [lasting, mortal].map(async (book) => {
        const [running, queued] = [book.writeLate('running', 60_000), book.write('queued')];
        return Promise.all([rejection(running), rejection(queued)]) as Promise<UnrunnableError[]>;
      });
      await until('both run', () => mw.taskCategoriesRunning().length === 2);
      for (const { pid } of places) process.kill(pid, 'SIGKILL');
      for (const [index, errors] of (await Promise.all(losses)).entries()) {
        for (const error of errors) {
          assert.is(error.reason, 'slave-lost');
          assert.match(
            error.message,
            new RegExp(`^${places[index]?.sid} was lost \\(.*SIGKILL.*\\); a call`),
          );
        }
        assert.match(errors[0]?.history[0]?.evidence ?? '', /SIGKILL/);
      }
      assert.equal(await lasting.lines(), ['first'], 'the same arguments, and nothing of what was lost');
      const { pid } = await lasting.where();
      assert.not(places.some((place) => place.pid === pid));
      const later = (await rejection(mortal.write('later'))) as UnrunnableError;
      assert.match(later.message, /is for the actor book, which is lost: .*SIGKILL/);
      // The two that were killed are started again, so there are slaves for all
      const others = await Promise.all([BookActor.create('a'), BookActor.create('b')]);
      await Promise.all([lasting, mortal, ...others].map((book) => book.stop()));
    }
  }));

it('are given up after as many losses in a row as restart says', () =>
  withPrograms(async ({ folder }) => {
    await using mw = await master({
      slaves: 2,
      program: programPath('actor-slave.js'),
      auditFile: `${folder}/audit`,
    });
    await within(LIMIT_MS, mw.run(body), () => 'the end of the actor');

    async function body(): Promise<void> {
      const book = await LastingBook.with({ restart: 2 }).create('doomed');
      for (let loss = 0; loss < 3; loss++) {
        const error = (await rejection(book.die())) as UnrunnableError;
        assert.match(error.message, /SIGKILL/);
      }
      const error = (await rejection(book.write('later'))) as UnrunnableError;
      assert.is(error.reason, 'slave-lost');
      assert.match(
        error.message,
        /is for the actor lasting, which is lost, and was made again 2 times in a row; /,
      );
      await book.stop();
      const next = await BookActor.create('next');
      assert.is(await next.write('on'), 1);
    }
  }));

it.run();
