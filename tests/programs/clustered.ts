/** Two workers of node:cluster, each of which embeds a master and a server, and says on which ports they listen. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { master, startServer } from 'ts-mw';

async function listen(): Promise<void> {
  const ports: number[] = [];
  await using mw = await master({
    metrics: 0,
    onAudit: (event) => {
      if (event.type === 'data-port-ready') ports.push(event.port);
      if (event.type === 'metrics-ready') ports.push(Number(new URL(event.url).port));
    },
  });
  const server = await startServer('127.0.0.1', 0);
  ports.push(Number(mw.masterPort), server.port);
  process.send?.(ports);
  // Until both have told theirs
  await once(process, 'message');
  await server.stop();
  process.disconnect();
}

function fork(): void {
  const workers = [cluster.fork(), cluster.fork()];
  const told: number[][] = [];
  for (const worker of workers) {
    worker.on('message', (ports: number[]) => {
      if (told.push(ports) < workers.length) return;
      process.stdout.write(`${JSON.stringify(told.flat())}\n`);
      for (const each of workers) each.send('end');
    });
  }
}

if (cluster.isPrimary) fork();
else await listen();
