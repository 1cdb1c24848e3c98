/** A slave of the shared algorithms; its first argument says what its slave algorithm does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineSlave, initialize, type SlaveHandle } from 'ts-mw';
import './algorithms.js';

const deeds: Record<string, (slave: SlaveHandle) => unknown> = {
  /** Returns its second argument, as JSON, at once. */
  return: ({ argv }) => JSON.parse(argv[1] ?? 'null') as unknown,
  nothing: () => undefined,
  throw: () => {
    throw new Error('the slave algorithm has thrown');
  },
  reject: () => Promise.reject(new Error('the slave algorithm has rejected')),
  timer: (slave) => {
    setTimeout(() => {
      throw new Error('a timer of the slave has thrown');
    }, 50);
    return slave.slaveLoopSimple();
  },
  /** An error that nobody catches is the program's own to hear. */
  listening: (slave) => {
    process.on('uncaughtException', (error) => console.log(`heard ${error.message}`));
    return slave.slaveLoopSimple();
  },
  loop: async (slave) => {
    for (;;) {
      const report = await slave.slaveLoop({ timeout: 0.05 });
      console.log(JSON.stringify({ sid: slave.sid, ...report }));
      if (report.explicitShutdown) return 5;
      if (report.masterDisconnect) return 6;
    }
  },
  iterate: async (slave) => {
    for (;;) {
      const report = await slave.slaveLoopIterate();
      console.log(JSON.stringify({ sid: slave.sid, ...report }));
      if (report.explicitShutdown || report.masterDisconnect) return 0;
    }
  },
  /** Loops on whatever its loop says; the first SIGTERM waits for it, the second does not. */
  deaf: async (slave) => {
    for (;;) {
      const { explicitShutdown } = await slave.slaveLoop();
      if (explicitShutdown) process.kill(process.pid, 'SIGTERM');
    }
  },
  'clean up': async (slave) => {
    const code = await slave.slaveLoopSimple();
    await sleep(1_300);
    console.log('cleaned up');
    return code;
  },
};

defineSlave((slave) => {
  console.log('slave argv', JSON.stringify(slave.argv));
  const deed = deeds[slave.argv[0] ?? ''];
  return deed === undefined ? slave.slaveLoopSimple() : deed(slave);
});

await initialize();
