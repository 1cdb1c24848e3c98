/** The dashboard's page of a trail, in one file: script, style and data are inside, and its policy allows nothing else. */

import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../audit/events.js';
import type { TrailSummary } from '../../picture/report/trail-summary.js';
import { dashboardAssets } from '../assets.js';
import { DashboardModel } from '../model/dashboard-model.js';
import { failuresPage } from '../pages/failures-page.js';
import { machinesPage } from '../pages/machines-page.js';
import { optionalPages } from '../pages/optional-pages.js';
import { overviewPage } from '../pages/overview-page.js';
import { slavesPage } from '../pages/slaves-page.js';
import { tasksPage } from '../pages/tasks-page.js';
import { sharedPage, trailPage } from '../pages/trail-page.js';
import { streamOfTrail } from './stream-of-trail.js';

const MOST_SLAVES = 5_000;
const MOST_STORIES = 2_000;
const MOST_LINES = 2_000;

export class SavedPage {
  readonly #model = new DashboardModel();

  take(event: AuditEvent, timeMs: number): void {
    this.#model.take(event, timeMs);
  }

  /** `summary` is of the same events, and `name` the file that they are from. */
  html(summary: TrailSummary, name: string): string {
    const { html, script, style } = dashboardAssets();
    const policy =
      `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; ` +
      "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    const head =
      `<meta http-equiv="Content-Security-Policy" content="${policy}">\n` +
      `<title>${escapeHtml(`Audit trail ${name}`)}</title>\n<style>${style}</style>`;
    const data = JSON.stringify(this.#pages(summary)).replaceAll('<', '\\u003c');
    const body = `<script type="application/json" id="saved">${data}</script>\n<script>${script}</script>`;
    // A function, since texts of a trail may have `$&`
    return html
      .replace(/<title>[^<]*<\/title>/, '')
      .replace(/<link rel="icon"[^>]*>\n?/, '')
      .replace(/<link rel="stylesheet"[^>]*>/, () => head)
      .replace(/<script src="[^"]*"><\/script>/, () => body);
  }

  #pages(summary: TrailSummary): Readonly<Record<string, object>> {
    const model = this.#model;
    const nowMs = model.atMs;
    return {
      overview: overviewPage(model, nowMs),
      stream: streamOfTrail(summary, model),
      slaves: slavesPage(model, nowMs, '', MOST_SLAVES),
      failures: failuresPage(model),
      tasks: tasksPage(model, '', '', MOST_STORIES),
      stories: model.stories.list(),
      machines: machinesPage(model, nowMs),
      shared: sharedPage(model),
      trail: trailPage(model, '', MOST_LINES),
      has: optionalPages(model),
    };
  }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
