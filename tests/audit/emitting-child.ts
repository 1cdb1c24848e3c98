/** The process in which a test's audit trail meets a bad destination or the end; one scenario per run. */
import { pbkdf2 } from 'node:crypto';
import { openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuditTrail } from '../../src/audit/audit-trail.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { LineWriter } from '../../src/audit/write/line-writer.js';
import { sent } from './support.js';

const [scenario = '', ...args] = process.argv.slice(2);
const fs = createRequire(import.meta.url)('node:fs') as typeof import('node:fs');

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async 'full-disk'() {
    let tries = 0;
    const write = fs.write;
    fs.write = Object.assign((...parameters: Parameters<typeof write>) => {
      tries++;
      write(...parameters);
    }, write) as typeof write;
    const audit = createAuditTrail({ file: '/dev/full', format: 'text' });
    let heard = 0;
    const warnings: string[] = [];
    audit.onEvent((event) => {
      if (event.type === 'warning') warnings.push(event.text);
      else heard++;
    });
    const before = process.cpuUsage();
    for (let count = 0; count < 300_000; count++) audit.emit(sent(count));
    const { user, system } = process.cpuUsage(before);
    const emitMs = (user + system) / 1000;
    await sleep(2500);
    await audit.close();
    console.log(JSON.stringify({ emitMs, tries, heard, warnings }));
  },

  async 'full-then-free'() {
    const full = openSync('/dev/full', 'w');
    const writer = new LineWriter({
      destination: { fd: full, chunkLength: 65536 },
      formatDropped: (count, reason) => `${formatText({ type: 'audit-dropped', count, reason }, 0)}\n`,
    });
    for (let count = 0; count < 400_000; count++) {
      writer.gather(`${formatText(sent(count), 0)}\n`);
      writer.start();
      if (count === 100_000) await writer.flush();
    }
    writer.replace({ fd: openSync(args[0] ?? '', 'a'), chunkLength: 65536 });
    // It waits for a second at most, in which a busy machine may write nothing
    for (let again = 0; again < 10; again++) await writer.flush();
    writer.gather(`${formatText(sent(400_000), 0)}\n`);
    await writer.close();
  },

  async 'closed-pipe'() {
    const audit = createAuditTrail({ format: 'text' });
    const ended = performance.now() + 1000;
    const before = process.cpuUsage();
    while (performance.now() < ended) {
      audit.emit({ type: 'slave-suspected', sid: 'SLAVE-0', evidence: 'nobody reads this' });
      await sleep(5);
    }
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000 }));
    process.exitCode = 7;
    await audit.close();
  },

  async 'unread-pipe'() {
    const audit = createAuditTrail({ format: 'text' });
    for (let count = 0; count < 100_000; count++) audit.emit(sent(count));
    await audit.flush();
    process.exit(7);
  },

  /** Much in some turns and little in others, beside others that do the same to the same file. */
  async rotates() {
    const [file, sid = '', count = '', pauseMs = ''] = args;
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: 32_768, keep: 1_000 } });
    for (let done = 0; done < Number(count); ) {
      for (let burst = done % 7 === 0 ? 500 : 1; burst > 0 && done < Number(count); burst--, done++) {
        audit.emit({ type: 'tasks-sent', sid, count: done });
      }
      await sleep(Number(pauseMs));
    }
    await audit.close();
  },

  async ends() {
    const [end, file] = args;
    const audit = createAuditTrail({ file, format: 'text' });
    if (end === 'exits before a chunk is written') {
      // The thread pool has four threads
      for (let job = 0; job < 4; job++) pbkdf2('a', 'b', 60_000, 32, 'sha256', () => undefined);
    }
    for (let count = 0; count < 1000; count++) audit.emit(sent(count));
    if (end?.startsWith('exits')) process.exit(3);
    if (end === 'throws') throw new Error('the end');
  },

  async 'to-stderr'() {
    const audit = createAuditTrail({ format: 'text', clock: () => 0 });
    for (let count = 0; count < 20_000; count++) audit.emit(sent(count));
    await audit.close();
  },
};

await scenarios[scenario]?.();
