/** A report as one HTML page that refers to nothing outside itself. */
import { escapeHtml, slavesDrawing, throughputDrawing } from './report-drawings.js';
import { type ReportTable, reportTables } from './report-tables.js';
import type { TrailSummary } from './trail-summary.js';

const LIMITS = { times: 60, slaves: 5_000, failures: 200, algorithms: 6 };

/** The browser itself refuses everything from elsewhere, including scripts. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --ink: #222; --pale: #ddd; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --pale: #444; --paper: #181818; } }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1100px;
  margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 2em; }
p { margin: .2em 0; }
table { border-collapse: collapse; margin-top: .6em; font-variant-numeric: tabular-nums; }
th, td { padding: .15em .8em; text-align: right; border-bottom: 1px solid var(--pale); white-space: nowrap; }
th.text, td.text { text-align: left; }
.wide { overflow-x: auto; }
svg { width: 100%; height: auto; display: block; margin-top: .6em; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
svg .right { text-anchor: end; } svg .middle { text-anchor: middle; }
.grid { stroke: var(--pale); stroke-width: 1; }
.line { fill: none; stroke: var(--colour); stroke-width: 1.5; }
.key::before { content: ""; display: inline-block; width: 1em; height: .25em; margin: 0 .4em .25em .8em;
  background: var(--colour); }
.c0 { --colour: #2563eb; } .c1 { --colour: #16a34a; } .c2 { --colour: #d97706; } .c3 { --colour: #9333ea; }
.c4 { --colour: #0891b2; } .slaves { --colour: #9ca3af; }
.life { fill: var(--pale); } .busy { fill: #2563eb; } .lost { fill: #dc2626; }
`;

/** `name` is the file that the report is about. */
export function reportPage(summary: TrailSummary, name: string): string {
  const title = escapeHtml(`Audit trail ${name}`);
  const sections = reportTables(summary, LIMITS).map(section);
  const drawings =
    `<h2>Throughput</h2>${throughputDrawing(summary)}` +
    `<h2>Slaves over time</h2><p>Darker means busier; a red end means lost.</p>${slavesDrawing(summary)}`;
  sections.splice(1, 0, drawings);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${title}</title><style>${STYLE}</style></head>`,
    `<body><h1>${title}</h1>`,
    ...sections,
    '</body></html>',
    '',
  ].join('\n');
}

function section({ title, notes, columns, rows }: ReportTable): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    texts
      .map((text, at) => `<${tag}${columns[at]?.isText ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`)
      .join('');
  const head = cells(
    'th',
    columns.map(({ name }) => name),
  );
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  const table = rows.length === 0 ? '' : `<div class="wide"><table><tr>${head}</tr>\n${body}</table></div>`;
  return `<h2>${escapeHtml(title)}</h2>${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}${table}`;
}
