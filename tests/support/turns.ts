/**
 * Suites of two lengths, in one file: `npm test` runs each behaviour in one way, and `npm run test:long` runs the
 * same file again in the other ways, such as on the other broker or with further signals.
 */
import { suite } from 'uvu';

type Body = () => void | Promise<void>;

/** Takes a test, or the name of one that cannot run here. */
export interface Register {
  (name: string, body: Body): void;
  skip(name: string): void;
}

/** It registers tests of `npm test` itself. */
export interface SuiteInTurns extends Register {
  /** Of `npm run test:long`. */
  readonly long: Register;
  /** Of both: what the others need. */
  both(name: string, body: Body): void;
  /** Of a row of tests the first and then one in `many` is of `npm test`. */
  oneIn(many: number, index: number, name: string, body: Body): void;
  after(body: Body): void;
  run(): void;
}

/** The runner says which; a file that is run by hand runs all of it. */
const TURN = process.env.TEST_TURN ?? 'both';

/** The runner knows the files with two turns by this function's name in them. */
export function suiteInTurns(name: string): SuiteInTurns {
  const it = suite(name);
  const none = Object.assign(() => {}, { skip: () => {} });
  const short = TURN === 'long' ? none : register(it);
  const long = TURN === 'short' ? none : register(it);
  return Object.assign((test: string, body: Body) => short(test, body), {
    skip: short.skip,
    long,
    both: (test: string, body: Body) => it(test, body),
    oneIn: (many: number, index: number, test: string, body: Body) =>
      (index % many === 0 ? short : long)(test, body),
    after: (body: Body) => it.after(body),
    run: () => it.run(),
  });
}

function register(it: ReturnType<typeof suite>): Register {
  return Object.assign((test: string, body: Body) => it(test, body), {
    skip: (test: string) => it.skip(test, () => {}),
  });
}
