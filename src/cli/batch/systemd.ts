/** A script that installs systemd units of the user: a master, a template for its slaves, and a target of all. */

import { type BatchPlan, batchSlaveArguments, masterArguments } from './batch-plan.js';

export function systemdFile(plan: BatchPlan): string {
  const { name, slaves, directory, command, slaveCommand, host, resourceFile } = plan;
  const place = host === undefined ? [] : [`--master-host=${host}`];
  const masterLine = execLine([
    ...command,
    '--master',
    ...place,
    ...masterArguments(plan, resourceFile.path),
  ]);
  const wants = Array.from({ length: slaves }, (_, index) => `${name}-slave@${index + 1}.service`);
  return `#!/bin/sh
# systemd: run this as the user of the services, then
#     systemctl --user start ${name}.target
# A slave is started again after everything but exit code 0, which says that it was told to end, or that
# the computation is finished. A master is started again only when it was killed: its exit code is its
# program's answer.
set -eu
units="\${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"
mkdir -p "$units"

cat > "$units/${name}-master.service" <<'END-OF-UNIT'
[Unit]
Description=Master of ${name}
PartOf=${name}.target

[Service]
WorkingDirectory=${pathValue(directory)}
ExecStart=${masterLine}
Restart=on-abnormal
RestartSec=1
# Interrupted: it told its slaves and left in-progress in the resource file
SuccessExitStatus=130 143
EnvironmentFile=-%h/.config/${name}.env
END-OF-UNIT

cat > "$units/${name}-slave@.service" <<'END-OF-UNIT'
[Unit]
Description=Slave %i of ${name}
PartOf=${name}.target
StartLimitIntervalSec=0

[Service]
WorkingDirectory=${pathValue(directory)}
ExecStart=${execLine([...slaveCommand, ...batchSlaveArguments(plan)])}
Restart=on-failure
RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE
RestartSec=1
EnvironmentFile=-%h/.config/${name}.env
END-OF-UNIT

cat > "$units/${name}.target" <<'END-OF-UNIT'
[Unit]
Description=Master and slaves of ${name}
Wants=${name}-master.service
Wants=${wants.join(' ')}
END-OF-UNIT

if command -v systemctl > /dev/null; then systemctl --user daemon-reload || true; fi
echo "systemctl --user start ${name}.target"
`;
}

/** The colon prevents a look-up of `$` in the environment, and belongs inside the quotes. */
function execLine(words: readonly string[]): string {
  return words.map((word, index) => quoted(index === 0 ? `:${word}` : word)).join(' ');
}

/** Specifiers begin with %; inside double quotes backslashes escape, as in C. */
function quoted(word: string): string {
  const text = word.replaceAll('%', '%%');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Read unchanged to the end of its line, except for specifiers. */
function pathValue(path: string): string {
  return path.replaceAll('%', '%%');
}
