/** The entry of the dashboard's worker thread: keeps the model, and serves it while main is busy too. */

import { parentPort, workerData } from 'node:worker_threads';
import { DashboardThread } from './dashboard-thread.js';
import type { DashboardSettings, ToDashboard } from './messages.js';

if (parentPort !== null) {
  const port = parentPort;
  const thread = new DashboardThread(workerData as DashboardSettings, (message) => port.postMessage(message));
  port.on('message', (message: ToDashboard) => {
    void thread.take(message).then((isOver) => {
      if (isOver) port.close();
    });
  });
  void thread.listen().then((listens) => {
    if (!listens) port.close();
  });
}
