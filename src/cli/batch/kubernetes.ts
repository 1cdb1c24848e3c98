/** Kubernetes manifests: a Job for the master, one for its slaves, a Service between them and a Secret. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PASSWORD_VARIABLE, TOKEN_VARIABLE } from '../flags/nats-flags.js';
import type { GivenFlag } from '../flags/split-arguments.js';
import { CERTIFICATE_VARIABLE, ownCertificate } from '../flags/tls-flags.js';
import { type BatchPlan, batchSlaveArguments, masterArguments } from './batch-plan.js';

const SECRET_FOLDER = '/run/secrets/ts-mw';
const SHARED_FOLDER = '/run/ts-mw';
const DEFAULT_PORT = 4222;

const HIGHEST_PORT = 65_535;

export function kubernetesFile(plan: BatchPlan): string {
  const secret = secretOf(plan);
  const documents = [
    header(plan),
    ...(secret === undefined ? [] : [secretDocument(plan, secret)]),
    ...(plan.urls.length > 0 ? [] : [serviceDocument(plan)]),
    ...(plan.resourceFile.typed ? [claimDocument(plan)] : []),
    masterDocument(plan, secret),
    slavesDocument(plan, secret),
  ];
  return documents.join('---\n');
}

const header = ({ name, command }: BatchPlan): string => `# Kubernetes: kubectl apply -f FILE
# Before: an image ${name}:latest that holds ${text(command.at(-1) ?? '')}, or another name in both Jobs below.
# A slave's Job is done only when all have exited with code 0; after anything else a slave is started again.
# The master's Job ends with its exit code; only one that was evicted or killed is started again.
# This file may hold a secret: do not share it.
`;

interface Secret {
  /** Variables of the environment of all pods. */
  readonly variables: Readonly<Record<string, string>>;
  /** In `SECRET_FOLDER`. */
  readonly files: Readonly<Record<string, string>>;
}

/** The flags whose files go into the Secret, and their names there. */
const SECRET_FILES = {
  natsCreds: 'nats.creds',
  natsNkeyFile: 'nats.nk',
  tlsCert: 'tls.crt',
  tlsKey: 'tls.key',
  tlsCa: 'ca.crt',
} as const;

/** A broker inside the master always asks for a token here: other pods reach it. */
function secretOf({ urls, configuration: { nats, tls } }: BatchPlan): Secret | undefined {
  const { token, password, creds, nkeyFile } = nats;
  const variables: Record<string, string> = {};
  const files: Record<string, string> = {};
  if (creds !== undefined) files[SECRET_FILES.natsCreds] = readFileSync(creds, 'utf8');
  else if (nkeyFile !== undefined) files[SECRET_FILES.natsNkeyFile] = readFileSync(nkeyFile, 'utf8');
  else if (password !== undefined) variables[PASSWORD_VARIABLE] = password;
  else if (token !== undefined || urls.length === 0) {
    variables[TOKEN_VARIABLE] = token ?? randomBytes(24).toString('base64url');
  }
  const { cert, key, ca } = tls;
  if (cert !== undefined) files[SECRET_FILES.tlsCert] = cert;
  if (key !== undefined) files[SECRET_FILES.tlsKey] = key;
  if (ca !== undefined) files[SECRET_FILES.tlsCa] = ca;
  if (cert !== undefined && urls.length === 0) variables[CERTIFICATE_VARIABLE] = ownCertificate(cert);
  const isEmpty = Object.keys(variables).length + Object.keys(files).length === 0;
  return isEmpty ? undefined : { variables, files };
}

function secretDocument({ name }: BatchPlan, { variables, files }: Secret): string {
  const data = Object.entries({ ...variables, ...files }).map(([key, value]) => `  ${key}: ${text(value)}\n`);
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
stringData:
${data.join('')}`;
}

function serviceDocument(plan: BatchPlan): string {
  const { name } = plan;
  const dataPort = dataPortOf(plan);
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}-master
spec:
  selector:
    app: ${name}-master
  ports:
    - name: broker
      port: ${portOf(plan)}
${dataPort === undefined ? '' : `    - name: data\n      port: ${dataPort}\n`}`;
}

const claimDocument = ({
  name,
}: BatchPlan): string => `# For the resource file: its storage class must allow several nodes to mount it.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${name}
spec:
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Mi
`;

function masterDocument(plan: BatchPlan, secret: Secret | undefined): string {
  const { name, command, urls } = plan;
  const place = urls.length > 0 ? [] : ['--master-host=0.0.0.0'];
  const dataPort = dataPortOf(plan);
  // A typed one is among the master's flags
  if (plan.configuration.dataPort === undefined && dataPort !== undefined)
    place.push(`--data-port=${dataPort}`);
  const port = urls.length > 0 ? plan.port : portOf(plan);
  const flags = masterArguments(
    { ...plan, port, masterFlags: plan.masterFlags.flatMap(withFilesOfPod) },
    sharedFile(plan),
  );
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}-master
spec:
  backoffLimit: 100
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
      - action: FailJob
        onExitCodes:
          containerName: master
          operator: NotIn
          values: [0, 137]
  template:
    metadata:
      labels:
        app: ${name}-master
    spec:
      restartPolicy: Never
${container(plan, 'master', [...command, '--master', ...place, ...flags], secret)}`;
}

function slavesDocument(plan: BatchPlan, secret: Secret | undefined): string {
  const { name, slaveCommand, slaves, urls, configuration } = plan;
  const file = sharedFile(plan);
  const master: GivenFlag[] =
    urls.length > 0
      ? urls.map((url) => ({ key: 'natsUrl', value: url }))
      : [
          { key: 'masterHost', value: `${name}-master` },
          { key: 'masterPort', value: String(portOf(plan)) },
        ];
  const place: GivenFlag[] = [
    ...(file === undefined ? [] : [{ key: 'resourceFile', value: file } as const]),
    ...master,
    { key: 'memberId', value: configuration.memberId },
  ];
  const words = [...slaveCommand, ...batchSlaveArguments(plan, { place, proof: inPod })];
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}-slaves
spec:
  parallelism: ${slaves}
  completions: ${slaves}
  backoffLimit: 2147483647
  template:
    metadata:
      labels:
        app: ${name}-slave
    spec:
      restartPolicy: OnFailure
${container(plan, 'slave', words, secret)}`;
}

function container(
  plan: BatchPlan,
  role: string,
  words: readonly string[],
  secret: Secret | undefined,
): string {
  const { name, directory, resourceFile } = plan;
  const [program = '', ...args] = words;
  const lines = [
    'containers:',
    `  - name: ${role}`,
    `    image: ${name}:latest`,
    `    workingDir: ${text(directory)}`,
    `    command: [${text(literal(program))}]`,
    '    args:',
    ...args.map((word) => `      - ${text(literal(word))}`),
    '    resources:',
    '      requests:',
    '        cpu: "1"',
  ];
  const variables = Object.keys(secret?.variables ?? {});
  if (variables.length > 0) lines.push('    env:');
  for (const variable of variables) {
    lines.push(`      - name: ${variable}`, '        valueFrom:', '          secretKeyRef:');
    lines.push(`            name: ${name}`, `            key: ${variable}`);
  }
  const mounts: string[] = [];
  const volumes: string[] = [];
  if (words.some((word) => word.includes(`=${SECRET_FOLDER}/`))) {
    mounts.push('      - name: secret', `        mountPath: ${SECRET_FOLDER}`);
    volumes.push('  - name: secret', '    secret:', `      secretName: ${name}`);
  }
  if (resourceFile.typed) {
    mounts.push('      - name: shared', `        mountPath: ${SHARED_FOLDER}`);
    volumes.push('  - name: shared', '    persistentVolumeClaim:', `      claimName: ${name}`);
  }
  if (mounts.length > 0) lines.push('    volumeMounts:', ...mounts, 'volumes:', ...volumes);
  return lines.map((line) => `      ${line}\n`).join('');
}

/** The token and the user's password come by the environment, everything else by files of the Secret. */
function inPod({ key, value }: GivenFlag): GivenFlag['value'] | undefined {
  if (key === 'natsTokenFile') return undefined;
  const [, file] = Object.entries(SECRET_FILES).find(([one]) => one === key) ?? [];
  return file === undefined ? value : `${SECRET_FOLDER}/${file}`;
}

function withFilesOfPod(flag: GivenFlag): GivenFlag[] {
  const value = inPod(flag);
  return value === undefined ? [] : [{ ...flag, value }];
}

function sharedFile({ resourceFile: { path, typed } }: BatchPlan): string | undefined {
  return typed ? `${SHARED_FOLDER}/${basename(path)}` : undefined;
}

const portOf = ({ port }: BatchPlan): number => (port === 0 ? DEFAULT_PORT : port);

/** A Service forwards only the ports that it names. */
function dataPortOf(plan: BatchPlan): number | undefined {
  const { dataPort } = plan.configuration;
  if (plan.urls.length > 0 || dataPort === 'none') return undefined;
  const port = portOf(plan);
  return dataPort ?? (port === HIGHEST_PORT ? port - 1 : port + 1);
}

/** Kubernetes would look `$(NAME)` up in the environment. */
const literal = (word: string): string => word.replaceAll('$', '$$$$');

/** YAML contains JSON. */
const text = (value: string): string => JSON.stringify(value);
