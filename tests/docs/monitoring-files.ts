/** The files of docs/monitoring, as tests read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const monitoring = join(fileURLToPath(import.meta.url), '../../../../docs/monitoring');
export const ALERTS = join(monitoring, 'alerts.yml');

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

export function panels(): readonly Panel[] {
  const text = readFileSync(join(monitoring, 'grafana-dashboard.json'), 'utf8');
  return (JSON.parse(text) as { panels: Panel[] }).panels;
}

/** The queries of the dashboard's panels, as Grafana sends them when nothing is selected. */
export function dashboardQueries(rateInterval: string): string[] {
  return panels().flatMap(({ targets = [] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll('$__rate_interval', rateInterval).replace(/\$(job|instance)\b/g, '.*'),
    ),
  );
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
}

export function alerts(): readonly Alert[] {
  return (parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Alert[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );
}
