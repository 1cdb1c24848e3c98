/**
 * Holds the public surface to its report, etc/ts-mw.api.md: `npm run check` compares them, and `npm run api` writes
 * the report. Both fail for a type that the surface uses and does not export, and for a name without a comment.
 */

import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ConsoleMessageId,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  ExtractorMessageId,
} from '@microsoft/api-extractor';

const root = join(fileURLToPath(import.meta.url), '../../..');
const REPORT = 'ts-mw.api.md';

const fail = { logLevel: ExtractorLogLevel.Error };
const ignore = { logLevel: ExtractorLogLevel.None };

const configuration = (): ExtractorConfig =>
  ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, 'dist', 'src', 'index.d.ts'),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFolder: join(root, 'etc'),
        reportFileName: REPORT,
        reportTempFolder: join(root, 'dist', 'api'),
      },
      messages: {
        compilerMessageReporting: { default: fail },
        // All that is exported is public: no comment needs a tag that says so
        extractorMessageReporting: { default: fail, [ExtractorMessageId.MissingReleaseTag]: ignore },
        // Comments are written for editors, which show examples as they are
        tsdocMessageReporting: { default: ignore },
      },
    },
  });

function tell(message: ExtractorMessage): void {
  message.handled = true;
  const { logLevel, messageId, text, sourceFilePath } = message;
  if (messageId === ConsoleMessageId.ApiReportDiff) process.stderr.write(`${text}\n`);
  else if (logLevel === ExtractorLogLevel.Error) {
    process.stderr.write(`${sourceOf(sourceFilePath)}: ${text}\n`);
  }
}

/** The analysed declarations lie in dist, under the names of their sources. */
function sourceOf(declarations: string | undefined): string {
  if (declarations === undefined) return 'src/index.ts';
  return relative(join(root, 'dist'), declarations).replace(/\.d\.ts$/, '.ts');
}

// The types of Node are looked for from here
process.chdir(root);
const writes = process.argv[2] === '--write';
const { errorCount, apiReportChanged } = Extractor.invoke(configuration(), {
  localBuild: writes,
  printApiReportDiff: !writes,
  messageCallback: tell,
});
if (errorCount > 0) {
  process.stderr.write(
    'Give each name a comment, and export the types that exported ones need, in src/index.ts\n',
  );
  process.exitCode = 1;
}
if (apiReportChanged && !writes) {
  process.stderr.write(
    `The public surface is not that of etc/${REPORT}: if that is on purpose, type npm run api, commit the report ` +
      'with the change, and say in CHANGELOG.md what it means for users\n',
  );
  process.exitCode = 1;
}
