/**
 * CL-MW's argument-processing: each kind of parameter that an algorithm may have, echoed by the slaves.
 *
 *     node dist/examples/argument-processing.js --master --slaves 2 any words of yours
 */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const required = defineAlgorithm('required', (a: number, b: string) => show('required', a, b));

const optional = defineAlgorithm('optional', (a: number, b = 10, c?: Date) => show('optional', a, b, c));

const rest = defineAlgorithm('rest', (first: string, ...others: readonly number[]) =>
  show('rest', first, others),
);

/** The keyword parameters of Lisp: named, in any order, some with a default. */
interface Box {
  readonly width: number;
  readonly height?: number | undefined;
  readonly label?: string | undefined;
}

const keywords = defineAlgorithm('keywords', ({ width, height = width, label }: Box) =>
  show('keywords', width, height, label),
);

const words = defineAlgorithm('words', (argv: readonly string[]) => show('words', argv));

defineMaster(async (master) => {
  const echoes = [
    required.future(1, 'two'),
    optional.future(1),
    optional.future(1, 2),
    optional.future(1, undefined, new Date(0)),
    rest.future('none'),
    rest.future('three', 1, 2, 3),
    rest.withTaskPolicy({ maxAttempts: 1 }).future('by policy', 4, 5),
    keywords.future({ width: 3 }),
    keywords.future({ label: 'flat', height: 1, width: 3 }),
    // Arguments that are not flags of the library come here, in their order.
    words.future(master.argv),
  ];
  for (const echo of await Promise.all(echoes)) console.log(echo);
  return 0;
});

await initialize();

function show(name: string, ...values: readonly unknown[]): string {
  return `${name}: ${values.map((value) => JSON.stringify(value) ?? 'undefined').join(' ')}`;
}
