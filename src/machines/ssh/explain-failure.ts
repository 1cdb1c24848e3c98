/** Says in one line why a machine cannot be used by ssh, and what to do about it. Pure. */

export interface SshFailure {
  readonly destination: string;
  /** The command for Node on the machine. */
  readonly node: string;
  /** Of ssh: its own failure is 255, everything else the remote command's. Null if a signal ended it. */
  readonly code: number | null;
  /** The last lines that ssh, or the machine, wrote on standard error. */
  readonly errors: readonly string[];
  /** Whether Node had begun there. */
  readonly hasBegun: boolean;
  /** The output of the machine before Node could begin, the last part of it. */
  readonly printed: string;
}

type Explain = (failure: SshFailure, line: string) => string;

const SSH_FAILURE = 255;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Of ssh, by what it writes; the first one that fits. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, explain: Explain])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    ({ destination }) =>
      'its host key is not the one in known_hosts: another machine may pretend to be it. If you know why the key has ' +
      `changed, type ssh-keygen -R with the machine's name, then ssh ${destination} and compare the new one`,
  ],
  [
    /Host key verification failed|No \S+ host key is known/i,
    ({ destination }) =>
      `its host key is not known here; type ssh ${destination} once, compare the key that it shows, and accept it`,
  ],
  [
    /Permission denied/i,
    ({ destination }, line) =>
      `it refused the key (${tidy(line)}); type ssh -o BatchMode=yes ${destination} true, which must work without a ` +
      'question: put your public key in its authorized_keys, and load the key by ssh-add or name it by IdentityFile',
  ],
  [
    /Too many authentication failures/i,
    ({ destination }) =>
      `ssh offered it too many keys; name the right one for ${destination} in ~/.ssh/config, by IdentityFile with ` +
      'IdentitiesOnly yes',
  ],
  [
    /Could not resolve hostname/i,
    ({ destination }) =>
      `its name is not known (no address for ${hostOf(destination)}); write it as ssh ${destination} would find it, or ` +
      'give it a HostName in ~/.ssh/config',
  ],
  [
    /Connection refused/i,
    (_, line) => `nothing listens there (${tidy(line)}); start its sshd, or name the port`,
  ],
  [
    /closed by remote host|Broken pipe|Connection reset|not responding/i,
    (_, line) => `the connection was cut (${tidy(line)})`,
  ],
  [
    /timed? ?out|No route to host|Network is unreachable/i,
    (_, line) => `it does not answer (${tidy(line)}); see that it is on, and that no firewall is between`,
  ],
  [
    /Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration|no argument after keyword/i,
    (_, line) => `ssh cannot use its own configuration: ${tidy(line)}`,
  ],
];

/** Why the agent did not begin, or why the connection ended. */
export function explainFailure(failure: SshFailure): string {
  const { destination, code, errors, printed, node, hasBegun } = failure;
  if (code === SSH_FAILURE) {
    for (const [pattern, explain] of EXPLANATIONS) {
      const line = errors.findLast((one) => pattern.test(one));
      if (line !== undefined) return explain(failure, line);
    }
    const last = errors.at(-1);
    return last === undefined
      ? `the connection ended; type ssh ${destination} to see why`
      : `ssh ended: ${tidy(last)}`;
  }
  if (code === null) return 'ssh was killed';
  const said = errors.at(-1) ?? printed.trim().split('\n').at(-1) ?? '';
  const saying = said === '' ? '' : ` (${tidy(said)})`;
  if (hasBegun) return `Node there ended with ${code}${saying}`;
  const where = `name Node's place there, such as node: ~/node/bin/node, or load it in the prologue`;
  if (code === NOT_FOUND) return `there is no ${node}; install Node 20 or above, or ${where}`;
  if (code === NOT_EXECUTABLE) return `${node} cannot be run${saying}; ${where}`;
  return (
    `its shell ended with ${code} before Node had begun${saying}; type ssh ${destination} ` +
    `${node} --version, which must work, and look at the prologue`
  );
}

/** For a version that is too old. */
export function explainVersion(version: string, node: string): string {
  return (
    `${node} there is version ${version}, and ts-mw needs 20 or above; install a newer one, or name its place there, ` +
    'such as node: ~/node/bin/node'
  );
}

/** Of what the agent could not do. */
export function explainFault(what: string, code: string | undefined): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return `its disk is full (${tidy(what)}); free some room, or name another folder for temporary files: env: { TMPDIR: ... }`;
  }
  if (code === 'EROFS' || code === 'EACCES') {
    return `its temporary folder takes nothing (${tidy(what)}); name another one: env: { TMPDIR: ... }`;
  }
  return tidy(what);
}

function hostOf(destination: string): string {
  return destination.replace(/^.*@/, '');
}

const LONGEST = 300;

/** Names and banners may hold anything. */
function tidy(line: string): string {
  return line
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST);
}
