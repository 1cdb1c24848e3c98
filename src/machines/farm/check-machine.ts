/** Checks a machine that a program or a farm file describes, and says at which field it is wrong. */

import { UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { nameFault } from '../../structures/name-fault.js';
import { givenText } from '../../structures/value-text.js';
import { type Machine, MOST_SLOTS } from './machine.js';

/** A fault of a field. */
interface MachineFault {
  /** The field, or that of a variable, as `['env', 'PATH']`; empty for the machine itself. */
  readonly path: readonly string[];
  /** The expected value, the given one and the one to write. */
  readonly text: string;
}

const KINDS = ['local', 'ssh', 'server'] as const;
const FIELDS = [
  ...KINDS,
  ...(['name', 'slots', 'cwd', 'env', 'node', 'prologue', 'program', 'retries', 'validate'] as const),
] as const;
const REFUSED: Readonly<Record<(typeof KINDS)[number], readonly (typeof FIELDS)[number][]>> = {
  local: ['program'],
  ssh: [],
  server: ['cwd', 'node', 'prologue', 'program'],
};
const MOST_RETRIES = 1_000;
const LONGEST_NAME = 200;
const SHOWN = 60;

/** Throws UsageError. */
export function checkMachine(machine: unknown): asserts machine is Machine {
  const fault = findFault(machine, 'program');
  if (fault === undefined) return;
  const where = fault.path.length === 0 ? 'a machine' : `the field ${fault.path.join('.')} of a machine`;
  throw new UsageError(`${where}: ${fault.text}`);
}

/** Whether slaves of a machine that is unregistered are killed. Throws UsageError. */
export function isToKill(options: unknown): boolean {
  checkOptionNames('unregisterMachine', options, ['kill']);
  const { kill = false } = options as { readonly kill?: unknown };
  if (typeof kill === 'boolean') return kill;
  throw new UsageError(`kill of unregisterMachine is true or false; got ${shown(kill)}`);
}

/** Undefined if there is none. In a file, a validation is the name of a task algorithm. */
export function findFault(machine: unknown, origin: 'program' | 'file'): MachineFault | undefined {
  if (typeof machine !== 'object' || machine === null || Array.isArray(machine)) {
    return at([], 'an object', machine, 'local: true');
  }
  const fields = machine as Record<string, unknown>;
  for (const field of Object.keys(fields)) {
    if (!(FIELDS as readonly string[]).includes(field)) {
      return { path: [field], text: `there is no such field; the fields are ${FIELDS.join(', ')}` };
    }
  }
  const kinds = KINDS.filter((kind) => fields[kind] !== undefined);
  if (kinds.length !== 1) {
    const came = kinds.length === 0 ? 'none of them' : kinds.join(' and ');
    return {
      path: kinds.length === 0 ? [] : [kinds[1] as string],
      text: `expected one of local, ssh and server, got ${came}; write local: true, ssh: USER@HOST or server: HOST:PORT`,
    };
  }
  const [kind] = kinds as [(typeof KINDS)[number]];
  const refused = REFUSED[kind].find((field) => fields[field] !== undefined);
  if (refused !== undefined) {
    const text = `a machine with ${kind} cannot have this field, which is for ${takersOf(refused)}; leave it out`;
    return { path: [refused], text };
  }
  for (const [field, check] of Object.entries(CHECKS)) {
    const fault = fields[field] === undefined ? undefined : check(fields[field], origin);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function takersOf(field: (typeof FIELDS)[number]): string {
  return KINDS.filter((kind) => !REFUSED[kind].includes(field)).join(' and ');
}

type Check = (value: unknown, origin: 'program' | 'file') => MachineFault | undefined;

const text =
  (field: string, example: string): Check =>
  (value) =>
    isText(value) ? undefined : at([field], 'a text that is not empty', value, `${field}: ${example}`);

const wholeOr =
  (field: string, most: number, word: string): Check =>
  (value) => {
    const isNumber = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
    if (isNumber || value === word) return undefined;
    return at([field], `a whole number from 1 to ${most}, or ${word}`, value, `${field}: 4`);
  };

const CHECKS: Readonly<Record<(typeof FIELDS)[number], Check>> = {
  local: (value) => (value === true ? undefined : at(['local'], 'true', value, 'local: true')),
  ssh: (value) => {
    // A word that begins with a dash would be an option of ssh
    if (isText(value) && /^[^\s-][^\s]*$/.test(value)) return undefined;
    return at(['ssh'], 'HOST or USER@HOST', value, 'ssh: user@host');
  },
  server: (value) => {
    const [, port] =
      /^(?:tls:\/\/)?(?:\[[0-9A-Fa-f:.%]+\]|[^\s:[\]]+):(\d{1,5})$/.exec(isText(value) ? value : '') ?? [];
    if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return undefined;
    return at(['server'], 'HOST:PORT or tls://HOST:PORT', value, 'server: host:11111');
  },
  name: (value) => {
    if (isText(value) && value.length <= LONGEST_NAME && nameFault(value) === undefined) return undefined;
    return at(['name'], `a text of 1 to ${LONGEST_NAME} characters that a line can show`, value, 'name: big');
  },
  slots: wholeOr('slots', MOST_SLOTS, 'cores'),
  cwd: text('cwd', '/scratch/me'),
  env: (value) => {
    if (typeof value !== 'object' || value === null || Symbol.iterator in value) {
      return at(['env'], 'variables with their texts', value, 'env: { THREADS: "8" }');
    }
    for (const [name, one] of Object.entries(value)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        return { path: ['env', name], text: `${JSON.stringify(name)} cannot be the name of a variable` };
      }
      if (typeof one !== 'string' || one.includes('\0'))
        return at(['env', name], 'a text', one, `${name}: "8"`);
    }
    return undefined;
  },
  node: text('node', '/opt/node/bin/node'),
  prologue: text('prologue', 'module load node'),
  program: text('program', '/opt/app/app.js'),
  retries: wholeOr('retries', MOST_RETRIES, 'forever'),
  validate: (value, origin) => {
    if (isText(value) || (origin === 'program' && typeof value === 'function')) return undefined;
    const expected = 'the name of a task algorithm';
    const more =
      origin === 'program' ? ', the algorithm, or a function of what the machine says of itself' : '';
    return at(['validate'], expected + more, value, 'validate: checkMachine');
  },
};

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function at(path: readonly string[], expected: string, came: unknown, example: string): MachineFault {
  return { path, text: `expected ${expected}, got ${shown(came)}; write ${example}` };
}

function shown(value: unknown): string {
  if (typeof value === 'function') return typeof value;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = givenText(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
