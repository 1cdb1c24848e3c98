/** A master and a slave that dump themselves: the report of the process, and the environment of what they start. */
import { execFileSync } from 'node:child_process';
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

function dump(): string {
  const report = process.report.getReport() as { readonly javascriptStack?: unknown };
  return JSON.stringify(report) + execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)']);
}

const dumpThere = defineAlgorithm('dump-there', dump);

defineMaster(async () => {
  const [here, there] = [dump(), await dumpThere.future()];
  console.log(here);
  console.log(there);
  console.log(`dumped here ${here.length}`);
  console.log(`dumped there ${there.length}`);
  return 0;
});

await initialize();
