/**
 * Preloaded by `--import` into a process and its threads: their wall clock jumps by the milliseconds in the
 * file FAULTS_CLOCK, whenever that changes. The monotonic clock goes on, as it does in life.
 */

import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;
const file = process.env.FAULTS_CLOCK;
const RealDate = Date;
let aheadMs = 0;

if (file !== undefined) {
  const look = setInterval(() => {
    try {
      aheadMs = Number(readFileSync(file, 'utf8'));
    } catch {
      // not yet
    }
  }, LOOK_EVERY_MS);
  look.unref();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [RealDate.now() + aheadMs] : args, newTarget) as object,
    get: (target, key) =>
      key === 'now' ? () => RealDate.now() + aheadMs : (Reflect.get(target, key) as unknown),
  });
}
