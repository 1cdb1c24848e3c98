/** A program whose slaves say where they run, and whose machines are qualified by a task or by a function. */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const where = defineAlgorithm('where', (n: number) => ({
  n,
  machine: process.env.MACHINE ?? 'none',
  cwd: process.cwd(),
  prologue: process.env.PROLOGUE,
}));

defineAlgorithm('checkMachine', ({ cores }: { cores: number }) => {
  if (process.env.MACHINE === 'bad') throw new Error('the disk is full');
  return cores > 0;
});

defineMaster(async (master) => {
  const judged: string[] = [];
  master.registerMachine({
    local: true,
    name: 'late',
    slots: 1,
    env: { MACHINE: 'late' },
    validate: ({ node }) => {
      judged.push(node);
      return true;
    },
  });
  // It is tried again a second later: then it has a slave again
  const bad = lineOfFailing('bad');
  const seen = new Set<string>();
  let n = 0;
  // Until both good machines have run something
  while (!(seen.has('good') && seen.has('late'))) {
    // One alone would go to the slave that had the last
    for (const found of await Promise.all([n++, n++, n++].map((one) => where.future(one)))) {
      if (!seen.has(found.machine)) console.log(JSON.stringify(found));
      seen.add(found.machine);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  console.log(await bad);
  const unregistered = master.unregisterMachine('good');
  const last = where.future(-1);
  await unregistered;
  console.log(JSON.stringify({ last: (await last).n, judged: judged.length }));
  for (const { name, state, slaves, reason } of master.machines()) {
    if (name !== 'bad') console.log(name, state, slaves, reason);
  }
  return 0;

  async function lineOfFailing(wanted: string): Promise<string> {
    for (;;) {
      const { name, state, slaves, reason } = master.machines().find((one) => one.name === wanted) ?? {};
      if (reason !== undefined) return `${name} ${state} ${slaves} ${reason}`;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

await initialize();
