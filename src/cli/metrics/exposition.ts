/** The two texts in which metrics are read: that of Prometheus (0.0.4), and OpenMetrics (1.0). */

export interface Sample {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly value: number;
}

/** Values that are at most as large as each bound, cumulated. */
export interface HistogramSample {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly bounds: readonly number[];
  readonly cumulated: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** All metrics of one name. A counter is named without its `_total`. */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  /** Of the value, such as `seconds`; the name ends in it. */
  readonly unit?: string | undefined;
} & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | { readonly type: 'histogram'; readonly samples: readonly HistogramSample[] }
);

export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export function expositionOf(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const lines = families.flatMap((family) => [...head(family, format), ...samplesOf(family)]);
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** In Prometheus' text a counter's head has the name of its samples. */
function head({ name, help, type, unit }: MetricFamily, format: ExpositionFormat): string[] {
  if (format === 'prometheus') {
    const shown = type === 'counter' ? `${name}_total` : name;
    return [`# HELP ${shown} ${escapeText(help)}`, `# TYPE ${shown} ${type}`];
  }
  const units = unit === undefined ? [] : [`# UNIT ${name} ${unit}`];
  return [`# TYPE ${name} ${type}`, ...units, `# HELP ${name} ${escapeLabel(help)}`];
}

function samplesOf(family: MetricFamily): string[] {
  const { name } = family;
  switch (family.type) {
    case 'counter':
      return family.samples.map(({ labels, value }) => line(`${name}_total`, labels, value));
    case 'gauge':
      return family.samples.map(({ labels, value }) => line(name, labels, value));
    case 'histogram':
      return family.samples.flatMap((sample) => histogramLines(name, sample));
    default:
      return family satisfies never;
  }
}

function histogramLines(
  name: string,
  { labels = {}, bounds, cumulated, sum, count }: HistogramSample,
): string[] {
  const bucket = (le: string, value: number): string => line(`${name}_bucket`, { ...labels, le }, value);
  return [
    ...bounds.map((bound, at) => bucket(boundText(bound), cumulated[at] ?? 0)),
    bucket('+Inf', count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Readonly<Record<string, string>> = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** As a floating-point number in both texts: a scraper that changes between them sees the same series. */
function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeText(text).replaceAll('"', '\\"');
}
