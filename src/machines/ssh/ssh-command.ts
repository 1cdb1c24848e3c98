/** The words of an ssh command that starts an agent on a machine. Pure. */

import { shellQuote } from '../shell-quote.js';

/** A port on this side of the connection, to which one on the machine leads. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface SshCommandParams {
  /** As ssh takes it: `host`, `user@host`, a name of its configuration, or `ssh://user@host:port`. */
  readonly destination: string;
  /** Each gets a port of the machine's loopback, which sshd chooses and ssh prints. */
  readonly targets: readonly Target[];
  /** The command for Node there; `node` by default. */
  readonly node?: string | undefined;
  /** Lines for the machine's sh, run before Node. */
  readonly prologue?: string | undefined;
  /** Begins the lines that are meant for us. */
  readonly mark: string;
}

const CONNECT_SECONDS = 10;
const ALIVE_SECONDS = 5;
const OLDEST_NODE = 20;

/**
 * The user's configuration, agent, jump hosts and known hosts hold, except for options that would ask questions, share
 * the connection with others, or hide the ports from us. Host keys are checked as the user has said.
 */
const OPTIONS: readonly string[] = [
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_SECONDS}`,
  `ServerAliveInterval=${ALIVE_SECONDS}`,
  'ServerAliveCountMax=3',
  'ControlMaster=no',
  'ControlPath=none',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'ForwardAgent=no',
  'ForwardX11=no',
  // Ports of the user's own may be taken
  'ExitOnForwardFailure=no',
  'LogLevel=INFO',
];

export function sshArguments({ destination, targets, ...command }: SshCommandParams): string[] {
  return [
    '-T',
    ...OPTIONS.flatMap((option) => ['-o', option]),
    ...targets.flatMap((target) => ['-R', `127.0.0.1:0:${bracketed(target)}`]),
    '--',
    destination,
    remoteCommand(command),
  ];
}

/** For the user's shell there, whichever it is. */
function remoteCommand({ node = 'node', prologue, mark }: Omit<SshCommandParams, 'destination' | 'targets'>) {
  const run = `exec ${homePath(node)} -e ${shellQuote(bootText(mark))}`;
  return `exec sh -c ${shellQuote(prologue === undefined ? run : `${prologue}\n${run}`)}`;
}

/** sh does not know a quoted `~`. */
function homePath(path: string): string {
  return path.startsWith('~/') ? `"$HOME"/${shellQuote(path.slice(2))}` : shellQuote(path);
}

/**
 * Says which Node this is, in words that older ones understand too; then takes the agent from standard input. It has
 * neither quotes nor line breaks nor exclamation marks, which shells treat differently.
 */
function bootText(mark: string): string {
  return [
    `var m="${mark}",v=process.versions.node,s=process.stdin,a=Buffer.alloc(0);`,
    'process.stdout.write("\\n"+m+" "+JSON.stringify({type:"node",version:v})+"\\n");',
    `if(parseInt(v)<${OLDEST_NODE})process.exit(0);`,
    'function z(){process.exit(1)}',
    'function d(b){a=Buffer.concat([a,b]);if(a.length<4)return;var e=4+a.readUInt32BE(0);if(a.length<e)return;',
    's.pause();s.removeListener("data",d);s.removeListener("end",z);',
    'import("data:text/javascript;base64,"+a.toString("base64",4,e)).then(function(x){x.runAgent(m,a.slice(e))})}',
    's.on("data",d);s.on("end",z)',
  ].join('');
}

function bracketed({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The port of the machine in a line of ssh, if it is about that target. */
export function allocatedPort(line: string, { host, port }: Target): number | undefined {
  const [, allocated, to] = /^Allocated port (\d+) for remote forward to (\S+)$/.exec(line) ?? [];
  return to === `${host}:${port}` ? Number(allocated) : undefined;
}

/** Whether sshd has refused a port. */
export function isForwardRefused(line: string): boolean {
  return /remote port forwarding failed/.test(line);
}
