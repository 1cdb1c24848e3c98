/** The machines: those on which the master starts slaves, and the slaves by machine. */

import { bit, element, setText, tag } from './elements.js';
import { bytes, clock, count, percent, plural } from './format.js';
import { Table } from './table.js';

const FARM = [
  { label: 'machine', kind: 'cut', get: ({ name }) => name },
  { label: 'state', kind: 'text', get: ({ state }) => tag(state), value: ({ state }) => state },
  { label: 'for', get: ({ seconds }) => clock(seconds), value: ({ seconds }) => seconds },
  {
    label: 'tried again',
    get: ({ againSeconds }) => (againSeconds === undefined ? '' : `in ${clock(againSeconds)}`),
    value: ({ againSeconds }) => againSeconds,
  },
  {
    label: 'slaves',
    get: ({ processes }) => (processes === 0 ? '' : count(processes)),
    value: ({ processes }) => processes,
  },
  { label: 'slots', get: ({ slots }) => slots },
  { label: 'its name', kind: 'cut', get: ({ hostname }) => hostname },
  { label: 'cores', get: ({ cores }) => count(cores), value: ({ cores }) => cores },
  { label: 'memory', get: ({ memoryBytes }) => bytes(memoryBytes), value: ({ memoryBytes }) => memoryBytes },
  { label: 'system', kind: 'text', get: ({ platform }) => platform },
  {
    label: 'clock',
    get: ({ clockOffsetMs }) => (clockOffsetMs === undefined ? '' : `${count(clockOffsetMs)} ms ahead`),
    value: ({ clockOffsetMs }) => clockOffsetMs,
  },
  { label: 'reason', kind: 'long', get: ({ reason }) => reason },
];

const MACHINES = [
  { label: 'machine', kind: 'cut', get: ({ host }) => host },
  { label: 'slaves', get: ({ slaves }) => count(slaves), value: ({ slaves }) => slaves },
  { label: 'busy now', get: ({ busySlaves }) => count(busySlaves), value: ({ busySlaves }) => busySlaves },
  { label: 'busy so far', get: ({ busy }) => bit(busy, percent(busy)), value: ({ busy }) => busy },
  { label: 'tasks at once', get: ({ places }) => count(places), value: ({ places }) => places },
  { label: 'results', get: ({ results }) => count(results), value: ({ results }) => results },
  { label: 'lost', get: ({ lost }) => (lost === 0 ? '' : count(lost)), value: ({ lost }) => lost },
  {
    label: 'cores of slaves',
    get: ({ cores }) => (cores === 0 ? '' : cores.toFixed(1)),
    value: ({ cores }) => cores,
  },
  {
    label: 'memory of slaves',
    get: ({ memoryBytes }) => (memoryBytes === 0 ? '' : bytes(memoryBytes)),
    value: ({ memoryBytes }) => memoryBytes,
  },
];

export class MachinesPage {
  constructor() {
    this.farm = new Table(FARM, ({ name }) => name);
    this.unseen = element('p', { class: 'soft' });
    this.farmCard = element(
      'section',
      { class: 'card', hidden: true },
      element('h2', {}, 'Machines of the farm'),
      this.farm.root,
      this.unseen,
    );
    this.table = new Table(MACHINES, ({ host }) => host);
    this.more = element('p', { class: 'soft' });
    this.root = element(
      'div',
      {},
      this.farmCard,
      element(
        'section',
        { class: 'card' },
        element('h2', {}, 'Slaves by machine'),
        this.table.root,
        this.more,
      ),
    );
  }

  update({ farm, unseen, rows, more }) {
    this.farmCard.hidden = farm.length === 0;
    this.farm.update(farm);
    setText(this.unseen, unseen > 0 ? 'There are more machines than this page has room for.' : '');
    this.table.update(rows, 'no slave has joined yet');
    setText(this.more, more > 0 ? `and ${plural(more, 'more machine', 'more machines')}` : '');
  }
}
