/** The master and slave algorithms of a program, as its modules define them. */

import { fileURLToPath } from 'node:url';
import type { AuditListener } from '../audit/audit-trail.js';
import { UsageError } from '../errors.js';
import type { ServerAuth } from '../machines/protocol/auth.js';
import type { MasterHandle } from '../master/program/master-handle.js';
import type { AuthorizeSlave } from '../master/slaves/admissions.js';
import type { SlaveHandle } from '../slave/run/slave-handle.js';
import { checkOptionNames } from '../structures/check-options.js';
import { givenText } from '../structures/value-text.js';
import { checkProgramOptions } from './process/program-options.js';

/** Makes tasks and consumes results; its return value, an integer from 0 to 255, is the exit code. */
export type MasterAlgorithm = (master: MasterHandle) => unknown;

/** Turns tasks into results with the slave loops; its return value, 0 to 255, is the exit code. */
export type SlaveAlgorithm = (slave: SlaveHandle) => unknown;

/** Options of `defineMaster`, which `master()` takes too. */
export interface MasterOptions {
  /** Decides which slaves may join; without it, all that pass ts-mw's own checks. */
  readonly authorizeSlave?: AuthorizeSlave | undefined;
  /** How it proves itself to standing servers, instead of by their token. */
  readonly serverAuth?: ServerAuth | undefined;
  /**
   * Gets every audit event of this process, with its time in milliseconds, as it happens, wherever the trail goes. It
   * is called in the middle of other work, so it should only note things; if it throws, the trail says so once.
   */
  readonly onAudit?: AuditListener | undefined;
}

const KEYS = ['authorizeSlave', 'serverAuth', 'onAudit'] as const satisfies (keyof MasterOptions)[];

interface Definition<T> {
  readonly algorithm: T;
  readonly place: string;
}

interface MasterDefinition extends Definition<MasterAlgorithm> {
  readonly options: MasterOptions;
}

const masters: MasterDefinition[] = [];
const slaves: Definition<SlaveAlgorithm>[] = [];

/**
 * Defines the master algorithm (CL-MW's define-mw-master). Returns its algorithm, for `mw.run`. An algorithm
 * that throws, or returns anything but an integer from 0 to 255, ends with exit code 255. With the option
 * `authorizeSlave`, the program decides which slaves may join; with `onAudit` it hears what happens.
 *
 * @example
 * defineMaster(async (master) => {
 *   hello.funcall('World');
 *   for await (const result of master.results(hello)) console.log(result);
 *   return 0;
 * });
 */
export function defineMaster<T extends MasterAlgorithm>(algorithm: T, options: MasterOptions = {}): T {
  checkOptionNames('defineMaster', options, KEYS);
  checkProgramOptions('defineMaster', options);
  checkAlgorithm('defineMaster', algorithm);
  masters.push({ algorithm, options, place: callerPlace() });
  return algorithm;
}

/**
 * Defines the slave algorithm (CL-MW's define-mw-slave); without it, `slave.slaveLoopSimple()`. Returns its
 * algorithm.
 */
export function defineSlave<T extends SlaveAlgorithm>(algorithm: T): T {
  checkAlgorithm('defineSlave', algorithm);
  slaves.push({ algorithm, place: callerPlace() });
  return algorithm;
}

/**
 * The program's only master algorithm; undefined if there is none. Throws a UsageError that names several.
 */
export function programMaster(): MasterAlgorithm | undefined {
  return only(masters, 'defineMaster');
}

/** The listeners of the program's definitions, also where the master is driven from the REPL. */
export function programListeners(): readonly AuditListener[] {
  return masters.map(({ options }) => options.onAudit).filter((listener) => listener !== undefined);
}

/** The same for the slave algorithm. */
export function programSlave(): SlaveAlgorithm | undefined {
  return only(slaves, 'defineSlave');
}

/**
 * The `authorizeSlave` of this program, also for a master that is driven from the REPL and needs no
 * algorithm. Throws UsageError if several definitions have one.
 */
export function programAuthorization(): AuthorizeSlave | undefined {
  const guarded = masters.filter(({ options }) => options.authorizeSlave !== undefined);
  only(guarded, 'defineMaster with authorizeSlave');
  return guarded[0]?.options.authorizeSlave;
}

/** The same of `serverAuth`. */
export function programServerAuth(): ServerAuth | undefined {
  const proving = masters.filter(({ options }) => options.serverAuth !== undefined);
  only(proving, 'defineMaster with serverAuth');
  return proving[0]?.options.serverAuth;
}

function checkAlgorithm(call: string, algorithm: unknown): void {
  if (typeof algorithm === 'function') return;
  throw new UsageError(`${call} takes a function; got ${givenText(algorithm)}`);
}

function only<T>(definitions: readonly Definition<T>[], name: string): T | undefined {
  if (definitions.length > 1) {
    const places = definitions.map(({ place }) => place).join(' and ');
    throw new UsageError(`${name} was called more than once, at ${places}; keep one of them`);
  }
  return definitions[0]?.algorithm;
}

/** Two frames up: the caller of the define function. */
function callerPlace(): string {
  const line = new Error().stack?.split('\n')[3]?.trim() ?? '';
  const place = /\(?((?:file:|\/|[A-Za-z]:\\)[^)]*)\)?$/.exec(line)?.[1] ?? line;
  return place.startsWith('file:') ? fileURLToPath(place.replace(/(:\d+){1,2}$/, '')) + lineOf(place) : place;
}

function lineOf(place: string): string {
  return /(:\d+){1,2}$/.exec(place)?.[0] ?? '';
}
