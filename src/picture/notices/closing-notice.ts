/** The line that stays when a master has ended: tasks, those that failed, slaves, and seconds. */

import { bad, good, type Notice } from '../../audit/notices/notice.js';
import { counted } from '../../structures/counted.js';
import type { Picture } from '../picture.js';
import { progressOf } from '../progress.js';

export function closingNotice(picture: Picture, timeMs: number): Notice {
  const { counts, slaves } = picture;
  const { done, submitted, failed, elapsedSeconds } = progressOf(picture, timeMs);
  const parts = [
    // A master that was stopped has others left
    `${done < submitted ? `${done} of ` : ''}${counted(submitted, 'task')}`,
    `${failed} failed`,
    ...(counts.cancelled === 0 ? [] : [`${counts.cancelled} cancelled`]),
    ...(counts.killed === 0 ? [] : [`${counts.killed} killed`]),
    // A slave that comes back is no other one
    counted(slaves.joined - counts.rejoined, 'slave'),
    `${elapsedSeconds.toFixed(1)} s`,
  ];
  return (failed > 0 ? bad : good)(`ended: ${parts.join(', ')}`);
}
