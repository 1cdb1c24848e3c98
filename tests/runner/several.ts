/** Runs the test files of its arguments in this process: to start one takes longer than most of them do. */
import './packed-threads.js';
import { run } from 'uvu/run';

await run(process.argv.slice(2).map((file) => ({ name: file, file })));
