/**
 * The bundle of a program: one script which a machine that has Node, and nothing of the program, runs as that program.
 */

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AuditSink } from '../../audit/audit-trail.js';
import { UsageError } from '../../errors.js';
import { type LibraryScript, libraryScript, readLibrary } from '../library-script.js';
import { CodeCache, type KeptCode } from './code-cache.js';
import { AROUND_LIBRARY } from './library-plugin.js';
import { packedFacts } from './packed-program.js';
import { esbuildVersion, makeProgramCode } from './program-code.js';
import { programEntry } from './program-entry.js';
import { textsAroundCode } from './program-script.js';
import { changedBetween, witnessesOf } from './witnesses.js';

export interface ProgramBundle {
  /** Of the bytes, in hex. */
  readonly sha256: string;
  /** A CommonJS script: `node FILE --slave …` runs it as the program. Threads share the memory that it is in. */
  readonly bytes: Uint8Array;
  /** Native addons, which cannot travel; the program gets an error where it loads one. */
  readonly addons: readonly string[];
  /** The time that this call took. */
  readonly seconds: number;
  /** Whether its code was on the disk from an earlier time, or in this process. */
  readonly cached: boolean;
}

export interface BundleParams {
  /** The program's file, as node takes it; JavaScript or TypeScript. */
  readonly program: string;
  readonly libraryVersion: string;
  /** From the program's package, if it has one. */
  readonly programVersion?: string | undefined;
  /** The definitions of this process; the bundle's have the same fingerprints, although their sources are not. */
  readonly algorithms: readonly { readonly name: string; readonly fingerprint: string }[];
  /** Gets the event `program-bundled`, and a warning that names native addons. */
  readonly audit?: AuditSink | undefined;
  /** The folder for code that was made; the user's own by default. */
  readonly cacheFolder?: string | undefined;
}

/** Raise it when the same sources give another code. */
const FORMAT = 4;

/** Times of files may be that much behind the clock. */
const CLOCK_OF_FILES_MS = 20;

const made = new Map<string, Promise<KeptCode>>();

/**
 * Makes the bundle of `program`, once in a process; code that an earlier process has made is used again if nothing of
 * what it was made of has changed. Throws UsageError for a program that cannot be bundled, with esbuild's messages
 * and their places, or that has changed since this process loaded it; MwError (`ERR_MW_BUNDLE`) where esbuild is not
 * installed. Call it once for each master: each call is told to the audit trail.
 */
export async function programBundle(params: BundleParams): Promise<ProgramBundle> {
  const began = performance.now();
  const { bytes, addons, cached } = isThisProgram(params.program)
    ? await packedAlready(params.program)
    : await bundled(params);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const bundle = { sha256, bytes, addons, seconds: (performance.now() - began) / 1000, cached };
  if (params.audit !== undefined) tellBundle(bundle, params.audit);
  return bundle;
}

function tellBundle({ sha256, bytes, addons, seconds, cached }: ProgramBundle, audit: AuditSink): void {
  audit.emit({
    type: 'program-bundled',
    sha256: sha256.slice(0, 16),
    bytes: bytes.length,
    seconds,
    code: cached ? 'kept' : 'made',
    addons: addons.length === 0 ? undefined : addons.join(', '),
  });
  if (addons.length > 0) audit.emit({ type: 'warning', text: describeAddons(addons) });
}

function describeAddons(addons: readonly string[]): string {
  const [which, verb] = addons.length === 1 ? ['a native addon', 'does'] : ['native addons', 'do'];
  return (
    `${addons.join(', ')}: ${which}, which ${verb} not travel with the program; where slaves need it, install the ` +
    "program on the machine, and name its file there as the machine's program"
  );
}

interface Bundled {
  readonly bytes: Uint8Array;
  readonly addons: readonly string[];
  readonly cached: boolean;
}

/** Whether this process runs from one file already, and that is the program. */
function isThisProgram(program: string): boolean {
  const packed = packedFacts();
  if (packed?.kind === 'executable') {
    throw new UsageError(
      'an executable of dump-exec has no sources to send to other machines; start the program with node, or put the ' +
        "executable on the machine, and name it there as the machine's program",
    );
  }
  return packed !== undefined && realpathSync(resolve(program)) === realpathSync(process.argv[1] ?? '.');
}

/** A program that was sent travels on as it came. */
async function packedAlready(program: string): Promise<Bundled> {
  return { bytes: sharedBytes([await readFile(program)]), addons: [], cached: true };
}

async function bundled(params: BundleParams): Promise<Bundled> {
  const { libraryVersion, programVersion, algorithms } = params;
  const program = programEntry(params.program);
  const cache = new CodeCache(params.cacheFolder);
  const library = libraryScript();
  const key = JSON.stringify([FORMAT, libraryVersion, esbuildVersion(), program, library?.module]);
  let cached = true;
  let making = made.get(key);
  if (making === undefined) {
    making = cache.find(key).then(async (kept) => {
      cached = kept !== undefined;
      const whole = kept ?? (await makeCode(program, library, key, cache));
      await refuseChanged(program, library === undefined ? whole.inputs : [...whole.inputs, library.file]);
      return whole;
    });
    made.set(key, making);
    making.catch(() => made.delete(key));
  }
  const { code, addons, inputs } = await making;
  const fingerprints = Object.fromEntries(algorithms.map(({ name, fingerprint }) => [name, fingerprint]));
  const facts = { kind: 'bundle', libraryVersion, programVersion, fingerprints } as const;
  const { before, after } = textsAroundCode(facts);
  const script = library && inputs.includes(library.module) ? await aroundLibrary(library) : [];
  const parts = [Buffer.from(before), ...script, code, Buffer.from(after)];
  return { bytes: sharedBytes(parts), addons, cached };
}

/** Megabytes, which each dialled server would otherwise be given a copy of. */
function sharedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.from(new SharedArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function aroundLibrary(library: LibraryScript): Promise<readonly Uint8Array[]> {
  const { before, after } = AROUND_LIBRARY;
  return [Buffer.from(before), await readLibrary(library), Buffer.from(after)];
}

async function makeCode(
  program: string,
  library: LibraryScript | undefined,
  key: string,
  cache: CodeCache,
): Promise<KeptCode> {
  const began = Date.now();
  const { code, addons, inputs } = await makeProgramCode(program, 'bundle', library);
  const kept = {
    code: Buffer.from(code),
    addons: [...addons.keys()],
    inputs,
    witnesses: await witnessesOf(inputs),
  };
  // A change that was written meanwhile may be in the witnesses and not in the code
  if ((await changedBetween(inputs, began - CLOCK_OF_FILES_MS, Number.POSITIVE_INFINITY)) === undefined) {
    await cache.keep(key, kept);
  }
  return kept;
}

/** Slaves would run other code than this process, and the fingerprints would not show it. */
async function refuseChanged(program: string, inputs: readonly string[]): Promise<void> {
  const { argv } = process;
  if (argv[1] === undefined || !isSameFile(argv[1], program)) return;
  // A time that has not come says nothing about when the file changed
  const changed = await changedBetween(inputs, performance.timeOrigin, Date.now());
  if (changed === undefined) return;
  throw new UsageError(
    `${changed} has changed since this program was started, and other machines would run the new one; start the ` +
      'program again',
  );
}

function isSameFile(typed: string, program: string): boolean {
  try {
    return programEntry(typed) === program;
  } catch {
    return false;
  }
}
