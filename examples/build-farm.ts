/**
 * Builds a program on a farm of slaves: stages that need other stages, many files in each, a compiler that sometimes has
 * to be asked twice. A stage that fails cancels all that others have under way, and is named.
 *
 *     node dist/examples/build-farm.js --master --slaves 4 --modules 40
 *     node dist/examples/build-farm.js --master --slaves 2 --broken 5
 */
import {
  defineAlgorithm,
  defineMaster,
  initialize,
  parallel,
  pmap,
  promise,
  scopePathOf,
  sequential,
  TaskError,
  taskContext,
} from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

interface Compiled {
  readonly module: number;
  readonly bytes: number;
  readonly attempt: number;
}

/** Takes some time for each module. Every third is refused at first, as by a licence that others use. */
const compile = defineAlgorithm(
  'compile',
  (module: number, broken: number): Compiled => {
    const { attempt } = taskContext();
    if (module === broken) throw new SyntaxError(`module-${module}.ts: unexpected end of input`);
    if (module % 3 === 0 && attempt === 1) throw new Error('no licence is free');
    return { module, bytes: work(module), attempt };
  },
  // A wrong module stays wrong
  { policy: { retryErrors: (error) => error.name !== 'SyntaxError', backoffSeconds: 0.01 } },
);

const link = defineAlgorithm('link', (parts: readonly Compiled[]) =>
  parts.reduce((sum, { bytes }) => sum + bytes, 1_024),
);

const runTests = defineAlgorithm(
  'runTests',
  (suite: string, size: number) => `${suite} ${size % 7 === 0 ? 6 : 7}`,
);
const render = defineAlgorithm('render', (page: string) => page.length);

interface Stage {
  /** Stages above that must have ended. */
  readonly needs: readonly string[];
  /** Returns what the table says of it. */
  readonly run: () => Promise<string>;
}

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Builds a program on a farm', {
    modules: wholeNumber(12, 'Modules of the program', 1, 100_000),
    broken: wholeNumber(0, 'The module that cannot be compiled; 0 for none', 0),
  });
  if (options === undefined) return 0;
  const modules = Array.from({ length: options.modules }, (_, index) => index + 1);
  let parts: readonly Compiled[] = [];
  let size = 0;
  const stages: Record<string, Stage> = {
    compile: {
      needs: [],
      run: async () => {
        parts = await parallel(modules.map((module) => () => compile.future(module, options.broken)));
        const again = parts.filter(({ attempt }) => attempt > 1).length;
        return `${parts.length} modules, ${again} of them in a second run`;
      },
    },
    pages: {
      needs: [],
      run: async () => `${(await pmap(render, ['overview', 'manual', 'licence'])).length} pages`,
    },
    link: {
      needs: ['compile'],
      run: async () => {
        size = await link.future(parts);
        return `${size} bytes`;
      },
    },
    test: {
      needs: ['link'],
      run: async () =>
        (await sequential(['units', 'system'].map((suite) => () => runTests.future(suite, size)))).join(', '),
    },
    package: { needs: ['test', 'pages'], run: async () => 'done' },
  };
  try {
    for (const [name, said] of Object.entries(await build(stages))) console.log(`${name.padEnd(9)}${said}`);
    return 0;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    console.log(`${scopePathOf(error)} failed: ${error.message}`);
    return 1;
  }
});

await initialize();

/** Runs each stage as soon as those that it needs have ended. */
function build(stages: Readonly<Record<string, Stage>>): Promise<Record<string, string>> {
  const ended = new Map(Object.keys(stages).map((name) => [name, promise<true>()]));
  const components = Object.entries(stages).map(([name, { needs, run }]) => {
    const component = async (): Promise<string> => {
      for (const need of needs) await ended.get(need);
      const said = await run();
      ended.get(name)?.fulfill(true);
      return said;
    };
    return [name, component] as const;
  });
  return parallel(Object.fromEntries(components));
}

/** Some milliseconds of a processor. */
function work(module: number): number {
  let state = module;
  for (let round = 0; round < 200_000; round++) state = (state * 48_271) % 2_147_483_647;
  return 10_000 + (state % 10_000);
}
