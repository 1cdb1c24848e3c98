/**
 * Suites of two lengths, in one file: `npm test` runs each behaviour in one way, and `npm run test:long` runs the
 * same file again in the other ways, such as on the other broker or with further signals.
 */
import { suite } from 'uvu';

type Body = () => void | Promise<void>;

export interface SuiteInTurns {
  /** Of `npm test`. */
  (name: string, body: Body): void;
  /** Of `npm run test:long`. */
  long(name: string, body: Body): void;
  /** Of both: what the others need. */
  both(name: string, body: Body): void;
  /** Of a row of tests the first and then one in so many is of `npm test`. */
  oneIn(many: number, index: number, name: string, body: Body): void;
  after(body: Body): void;
  run(): void;
}

/** The runner says which; whoever runs a file by hand runs all of it. */
const TURN = process.env.TEST_TURN ?? 'both';

/** The runner knows the files with two turns by this function's name in them. */
export function suiteInTurns(name: string): SuiteInTurns {
  const it = suite(name);
  const registerIf = (isItsTurn: boolean, test: string, body: Body): void => {
    if (isItsTurn) it(test, body);
    else it.skip(test, body);
  };
  const short = (test: string, body: Body): void => registerIf(TURN !== 'long', test, body);
  const long = (test: string, body: Body): void => registerIf(TURN !== 'short', test, body);
  return Object.assign((test: string, body: Body) => short(test, body), {
    long,
    oneIn: (many: number, index: number, test: string, body: Body) =>
      (index % many === 0 ? short : long)(test, body),
    after: (body: Body) => it.after(body),
    both: (test: string, body: Body) => registerIf(true, test, body),
    run: () => it.run(),
  });
}

/** A suite of which all is of the long tests. */
export function atLength(it: SuiteInTurns): SuiteInTurns {
  const { long, both, after, run } = it;
  return Object.assign((test: string, body: Body) => long(test, body), {
    long,
    both,
    oneIn: (_many: number, _index: number, test: string, body: Body) => long(test, body),
    after,
    run,
  });
}
