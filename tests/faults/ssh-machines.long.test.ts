/** Machines by ssh in networks of their own, which have no other way to their master: their links are cut, and they die. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verifyTrail } from '../../src/audit/read/verify-trail.js';
import { type NetworkMachine, Networks, NO_NETWORKS } from '../support/networks.js';
import { NO_SSHD, SshMachines } from '../support/sshd.js';
import { Cluster, pass, until } from './support.js';

const it = suite('machines by ssh in networks of their own');
const NAMES = ['one', 'two'] as const;
type Name = (typeof NAMES)[number];
const ENOUGH = 'enough';
/** Shorter than the timeout, a packet that is sent again included. */
const SHORT_CUT_MS = 800;

/** The cluster, and what its machines are. */
class Site implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly networks: Networks;
  readonly #all = new SshMachines();
  readonly #machines = new Map<Name, NetworkMachine>();

  private constructor(cluster: Cluster, networks: Networks) {
    this.cluster = cluster;
    this.networks = networks;
  }

  static async open(): Promise<Site> {
    const networks = await Networks.open();
    return new Site(await Cluster.open('embedded', { clientTimeout: 4 }), networks);
  }

  temporaryOf(name: Name): string {
    return join(this.cluster.folder, `temporary-${name}`);
  }

  machine(name: Name): NetworkMachine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name} was started`);
    return machine;
  }

  /** Also one that was there before, and has died: what it had in its folder for temporary files is gone. */
  async start(name: Name): Promise<void> {
    rmSync(this.temporaryOf(name), { recursive: true, force: true });
    mkdirSync(this.temporaryOf(name));
    const machine = await this.networks.startMachine(name, 1 + NAMES.indexOf(name));
    this.#machines.set(name, machine);
    await this.#all.start(name, { on: machine });
  }

  async startMaster(): Promise<void> {
    const { cluster, networks } = this;
    const farm = join(cluster.folder, 'farm.json');
    const machines = NAMES.map((name) => ({
      ssh: name,
      slots: 2,
      node: process.execPath,
      env: { ...cluster.environment, TMPDIR: this.temporaryOf(name) },
    }));
    writeFileSync(farm, JSON.stringify(machines));
    await cluster.startMaster({
      plan: { steps: [{ flow: [{ submit: 'nap', args: [20] }], pending: 40, cue: ENOUGH }] },
      flags: ['--farm', farm],
      env: { PATH: `${this.#all.folder}${delimiter}${process.env.PATH}` },
      within: networks.within,
    });
  }

  /** Waits until the machine is in that state for this time of all. */
  async reaches(name: Name, state: string, count: number): Promise<void> {
    const times = (): number =>
      this.cluster.trail
        .all('machine-state')
        .filter((event) => event.machine === name && event.state === state).length;
    await until(`${name} ${state}, ${count} times`, () => times() >= count || undefined);
  }

  /** Waits for results that come from now on from a slave of each of these machines that has not been lost. */
  async work(...names: readonly Name[]): Promise<void> {
    const { trail } = this.cluster;
    const before = trail.all('results-received').length;
    await until(`results of ${names.join(' and ')}`, () => {
      const sids = new Set(
        trail
          .all('results-received')
          .slice(before)
          .map(({ sid }) => sid),
      );
      const hosts = trail.all('slave-connecting').flatMap(({ sid, host }) => (sids.has(sid) ? [host] : []));
      return names.every((name) => hosts.includes(name)) || undefined;
    });
  }

  /** Waits until the machine has nothing of any master, neither processes nor files. */
  async isClean(name: Name): Promise<void> {
    const machine = this.machine(name);
    const left = () => {
      const files = readdirSync(this.temporaryOf(name));
      return files.length > 0 ? files : machine.processes().filter((command) => /\bnode\b/.test(command));
    };
    await until(`${name} as it was`, () => left().length === 0 || undefined).catch((error: Error) =>
      assert.unreachable(`${error.message}: ${left().join('; ')}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
    await this.networks[Symbol.asyncDispose]();
    this.#all.stop();
  }
}

async function strike(site: Site): Promise<void> {
  const { cluster } = site;
  const { trail } = cluster;
  await site.work('one', 'two');
  for (const name of NAMES) {
    const routes = site.machine(name).run('ip route').trim().split('\n');
    assert.is(routes.length, 1, `its link is its only way: ${routes}`);
  }

  const one = site.machine('one');
  one.setLink('down');
  await pass(SHORT_CUT_MS);
  one.setLink('up');
  await site.work('one', 'two');
  assert.equal(trail.all('slave-lost'), [], 'a short cut does no harm');

  one.setLink('down');
  await trail.until('slave-lost', 2);
  await site.work('two');
  await site.isClean('one');
  one.setLink('up');
  await site.reaches('one', 'ready', 2);
  await site.work('one', 'two');

  const lost = trail.all('slave-lost').length;
  await site.machine('two').kill();
  await trail.until('slave-lost', lost + 2);
  await site.work('one');
  await site.start('two');
  await site.reaches('two', 'ready', 2);
  await site.work('one', 'two');
}

const WHY_NOT = NO_SSHD ?? NO_NETWORKS;
if (WHY_NOT !== undefined) {
  console.log(`skipped: ${WHY_NOT}`);
  it.skip('each task has one fate, whatever happens to the links and machines');
} else {
  it('each task has one fate, whatever happens to the links and machines', async () => {
    await using site = await Site.open();
    await Promise.all(NAMES.map((name) => site.start(name)));
    await site.startMaster();
    const { cluster } = site;
    await strike(site);
    cluster.cue(ENOUGH);
    const report = await cluster.finish();
    report.checkAllOk();
    report.checkRunsHaveCauses();
    const { code, text } = await verifyTrail(report.trail.path);
    assert.is(code, 0, `--audit-verify: ${text}`);
    for (const name of NAMES) await site.isClean(name);
    await cluster.checkNothingLeft();
  });
}

it.run();
