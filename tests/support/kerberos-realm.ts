/** A Kerberos realm of this test: a KDC on loopback, with its database, keytabs and tickets in one folder. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canConnect } from './can-connect.js';
import { freePort } from './free-port.js';
import { until } from './programs.js';

const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
const pathOf = (program: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
const missing = ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit'].filter(
  (name) => pathOf(name) === undefined,
);

/** Why there is no realm here; undefined if there can be one. */
export const NO_KDC: string | undefined = missing.length === 0 ? undefined : `${missing[0]} is not installed`;

export const REALM = 'TS-MW.TEST';

/** All that this process and its children do with Kerberos happens in the realm while it is there. */
export class KerberosRealm {
  readonly folder: string;
  readonly port: number;
  readonly #kdc: ChildProcess;

  private constructor(folder: string, port: number, kdc: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#kdc = kdc;
  }

  /** With these principals, whose keys are in `NAME.keytab`, a slash of the name being a dash. */
  static async start(principals: readonly string[]): Promise<KerberosRealm> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw-realm-')));
    const port = await freePort();
    const path = (name: string): string => join(folder, name);
    writeFileSync(
      path('krb5.conf'),
      `[libdefaults]
  default_realm = ${REALM}
  dns_canonicalize_hostname = false
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
`,
    );
    writeFileSync(
      path('kdc.conf'),
      `[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${path('principals')}
    key_stash_file = ${path('stash')}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:${path('kdc.log')}
  default = FILE:${path('default.log')}
`,
    );
    Object.assign(process.env, {
      KRB5_CONFIG: path('krb5.conf'),
      KRB5_KDC_PROFILE: path('kdc.conf'),
      KRB5RCACHEDIR: folder,
      KRB5CCNAME: `FILE:${path('nobody.tickets')}`,
      KRB5_KTNAME: `FILE:${path('none.keytab')}`,
    });
    run('kdb5_util', ['create', '-s', '-r', REALM, '-P', 'of a test']);
    administer(principals.map((name) => `add_principal -randkey ${name}`));
    const kdc = spawn(pathOf('krb5kdc') ?? '', ['-n'], { stdio: 'ignore' });
    const realm = new KerberosRealm(folder, port, kdc);
    // Of a test that ends in the middle too
    process.once('exit', () => realm.stop());
    for (const name of principals) realm.makeKeytab(name);
    await until('the KDC listens', () => kdc.exitCode !== null || canConnect(port));
    if (kdc.exitCode !== null) throw new Error(`krb5kdc ended with ${kdc.exitCode}`);
    return realm;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** With a new key, so that earlier keytabs of this principal are worth nothing. */
  makeKeytab(principal: string, name = `${principal.replace('/', '-')}.keytab`): void {
    administer([`ktadd -k ${this.path(name)} ${principal}`]);
  }

  /** Servers find their keys there from now on. */
  useKeytab(name: string): void {
    process.env.KRB5_KTNAME = `FILE:${this.path(name)}`;
  }

  /** Gets a ticket for the principal, and masters show it from now on. */
  logIn(principal: string, lifetime = '1h'): void {
    this.useTickets(`${principal}.tickets`);
    run('kinit', ['-k', '-t', this.path(`${principal}.keytab`), '-l', lifetime, principal]);
  }

  useTickets(name: string): void {
    process.env.KRB5CCNAME = `FILE:${this.path(name)}`;
  }

  async stopKdc(): Promise<void> {
    this.#kdc.kill('SIGKILL');
    await until('the KDC is gone', async () => !(await canConnect(this.port)));
  }

  stop(): void {
    this.#kdc.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function administer(commands: readonly string[]): void {
  const said = run('kadmin.local', ['-r', REALM], `${commands.join('\n')}\n`);
  if (/while |error/i.test(said)) throw new Error(said);
}

/** All that it says. */
function run(program: string, args: readonly string[], input = ''): string {
  return execFileSync('sh', ['-c', 'exec "$0" "$@" 2>&1', pathOf(program) ?? program, ...args], {
    encoding: 'utf8',
    input,
    timeout: 30_000,
  });
}
