/** Reads submit files back, by the rules of their systems. */
import * as assert from 'uvu/assert';
import { parseAllDocuments } from 'yaml';
import type { BatchSystem } from '../../src/cli/flags/batch-systems.js';

/** The words that start a slave. */
export function slaveCommandIn(system: BatchSystem, text: string): readonly string[] {
  switch (system) {
    case 'condor': {
      const [, { executable = '', arguments: args = '' } = {}] = condorJobs(text);
      return [executable, ...condorSplit(args)];
    }
    case 'slurm':
      return shellSplit(/^(.* --slave .*)$/m.exec(text)?.[1] ?? '');
    case 'systemd': {
      const [, line = ''] = /^ExecStart=(.* --slave .*)$/m.exec(text) ?? [];
      const [program = '', ...args] = systemdSplit(line);
      return [program.replace(/^:/, ''), ...args];
    }
    case 'kubernetes':
      return jobs(manifests(text))[1]?.words ?? [];
    default:
      return system satisfies never;
  }
}

/** Plain words, and single quotes. */
function shellSplit(line: string): string[] {
  return [...line.matchAll(/((?:'[^']*'|\\'|[^\s'\\])+)(?: |$)/g)].map(([, word = '']) =>
    word.replace(/'([^']*)'|\\'/g, (_, quoted) => quoted ?? "'"),
  );
}

/** One job for each `queue`: commands keep their last value. */
export function condorJobs(text: string): Record<string, string>[] {
  const jobs: Record<string, string>[] = [];
  let job: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const queue = /^queue (\d+)$/.exec(line);
    const [, key = '', value = ''] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (queue !== null) jobs.push({ ...job, queue: queue[1] ?? '' });
    else if (key === '') throw new Error(`no submit command: ${line}`);
    else job = { ...job, [key]: value.replaceAll('$(DOLLAR)', '$') };
  }
  return jobs;
}

/** Double quotes around all, doubled inside; single quotes around some, doubled inside. */
export function condorSplit(text: string): string[] {
  const inner = /^"(.*)"$/.exec(text)?.[1] ?? '';
  assert.not.match(inner.replaceAll('""', ''), '"');
  return [...inner.replaceAll('""', '"').matchAll(/(?:'((?:[^']|'')*)'|([^\s']+))(?: |$)/g)].map(
    ([, quoted, plain]) => plain ?? (quoted ?? '').replaceAll("''", "'"),
  );
}

/** Words are split at blanks; double quotes protect, backslashes escape in them, %% is one. */
export function systemdSplit(line: string): string[] {
  return [...line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?: |$)/g)].map(([, quoted, plain]) =>
    (plain ?? (quoted ?? '').replace(/\\(.)/g, '$1')).replaceAll('%%', '%'),
  );
}

export interface Manifest {
  readonly kind: string;
  readonly stringData?: Record<string, string>;
  readonly spec?: {
    readonly completions?: number;
    readonly ports?: readonly { readonly name: string; readonly port: number }[];
    readonly template: {
      readonly spec: {
        readonly restartPolicy: string;
        readonly containers: readonly {
          readonly command: string[];
          readonly args: string[];
          readonly workingDir: string;
          readonly env?: { readonly name: string }[];
          readonly volumeMounts?: { readonly mountPath: string }[];
        }[];
      };
    };
  };
}

export function manifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    assert.equal(document.errors, []);
    return document.toJS() as Manifest;
  });
}

export function jobs(documents: readonly Manifest[]) {
  return documents.flatMap(({ kind, spec }) => {
    const [container] = spec?.template?.spec.containers ?? [];
    if (kind !== 'Job' || container === undefined) return [];
    const words = [...container.command, ...container.args].map((word) => word.replaceAll('$$', '$'));
    return [{ ...container, words, spec, restart: spec?.template.spec.restartPolicy }];
  });
}
