/** A kernel on the standing server of its argument: says where the library is that its slave runs, and whether it is the program's. */
import { basename } from 'node:path';
import { defineAlgorithm, endKernel, FinalError, makeKernel, pmap, taskContext } from 'ts-mw';

const FRAME = /\(?([^()\s]*\.cjs):\d+:\d+\)?$/;

const look = defineAlgorithm('borrowed.look', () => {
  const files = (new Error().stack ?? '').split('\n').flatMap((line) => FRAME.exec(line)?.[1] ?? []);
  const { sid } = taskContext();
  return [sid, [...new Set(files.map((file) => basename(file).replace(/^[0-9a-f]{64}/, 'bundle')))]] as const;
});

const refuse = defineAlgorithm('borrowed.refuse', () => {
  throw new FinalError('never');
});

const [, port] = (process.argv[2] ?? '').split(':');
const kernel = await makeKernel([['127.0.0.1', Number(port)]]);
const [[sid, files] = ['', []]] = await pmap(look, [1]);
const refused = await pmap(refuse, [1]).catch((error: unknown) => error);
await endKernel(kernel);
console.log(JSON.stringify([sid, files, refused instanceof Error ? refused.name : refused]));
