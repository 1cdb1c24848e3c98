/** After each tick, asks a master about some of its tasks and slaves: an answer has words, and never says that nothing holds them. */

import { sayWhy } from '../../src/audit/why/say-why.js';
import type { MasterCore } from '../../src/master/core/master-core.js';
import { must } from './invariants.js';

/** Asked at each tick, in turn. */
const TASKS = 4;

export class AnswersCheck {
  readonly #core: MasterCore;
  #number = 0;

  constructor(core: MasterCore) {
    this.#core = core;
  }

  /** Call it after a tick, which has given out all that it could. */
  check(now: number): void {
    for (let count = 0; count < TASKS; count++) {
      const why = this.#core.whyTask.answer(this.#number++, now);
      if (why.because === 'never-submitted') this.#number = 0;
      mustSay(why);
    }
    for (const { number } of this.#core.roster) mustSay(this.#core.whySlave.answer(number, now));
  }
}

function mustSay(why: Parameters<typeof sayWhy>[0]): void {
  const said = sayWhy(why);
  must(why.because !== 'next' && !/undefined|NaN|Infinity/.test(said), said);
}
