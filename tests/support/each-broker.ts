/** Runs a test over each broker that a master may have: its own, and a real nats-server. */
import type { Flags } from 'ts-mw';
import { findNatsServer, ifNatsServer, startNatsServer } from './nats-server.js';
import { type Programs, withPrograms } from './programs.js';
import type { Register, SuiteInTurns } from './turns.js';

/** A broker, and the arguments that a master needs to use it; none for its own. */
export interface BrokerOfTest {
  readonly name: 'embedded' | 'nats-server';
  readonly args: readonly string[];
  readonly flags: Flags;
  /** Of the nats-server. */
  readonly url: string | undefined;
}

type Body = (broker: BrokerOfTest, programs: Programs) => Promise<void>;

const EMBEDDED: BrokerOfTest = { name: 'embedded', args: [], flags: {}, url: undefined };

let registered = 0;

/**
 * The body may start programs; none of them may be left at its end. `npm test` runs it over one broker, every second
 * test of a file over the embedded one, and `npm run test:long` over the other.
 */
export function overEachBroker(it: SuiteInTurns, name: string, body: Body): void {
  const isOverNatsFirst = findNatsServer() !== undefined && registered++ % 2 === 1;
  overEmbedded(isOverNatsFirst ? it.long : it, name, body);
  overNatsServer(isOverNatsFirst ? it : it.long, name, body);
}

/** The same, over both brokers in the long tests. */
export function overEachBrokerAtLength({ long }: SuiteInTurns, name: string, body: Body): void {
  overEmbedded(long, name, body);
  overNatsServer(long, name, body);
}

function overEmbedded(test: Register, name: string, body: Body): void {
  test(`${name} (embedded)`, () => withPrograms((programs) => body(EMBEDDED, programs)));
}

/** For what only a broker that outlives its masters shows. */
export function overNatsServer(
  test: Register,
  name: string,
  body: (broker: BrokerOfTest & { readonly url: string }, programs: Programs) => Promise<void>,
): void {
  ifNatsServer(test)(`${name} (nats-server)`, () =>
    withPrograms(async (programs) => {
      const server = await startNatsServer();
      const { url } = server;
      try {
        await body(
          { name: 'nats-server', args: ['--nats-url', url], flags: { natsUrl: url }, url },
          programs,
        );
      } finally {
        await server.stop();
      }
    }),
  );
}
