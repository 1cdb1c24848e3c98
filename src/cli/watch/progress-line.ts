/** The text of the progress line: what people want to know first, fitted to a width. */

import { escapeControls } from '../../audit/format/text-fields.js';
import type { Progress } from '../../picture/progress.js';
import { counted } from '../../structures/counted.js';

export interface LineParams {
  /** Columns that there are; `Infinity` for a line that goes elsewhere. */
  readonly columns: number;
  readonly coloured: boolean;
  /** Seconds since the last line of a trail that another process writes. */
  readonly silentSeconds?: number | undefined;
  /** Lines that the trail lacks: the numbers are too low. */
  readonly linesDropped?: number | undefined;
}

interface Part {
  readonly text: string;
  /** The one with the smallest goes first when there is no room. */
  readonly weight: number;
  readonly isBad?: boolean;
}

const BETWEEN = ' | ';
/** A trail without a new line for so long deserves a word. */
const SILENT_SECONDS = 10;
const MOST_NAME = 24;
const RED = '\u001b[31m';
const RESET = '\u001b[0m';

export function progressLine(progress: Progress, params: LineParams): string {
  let parts = partsOf(progress, params);
  while (parts.length > 1 && lengthOf(parts) > params.columns) {
    const least = Math.min(...parts.map(({ weight }) => weight));
    parts = parts.filter((_, index) => index !== parts.findLastIndex(({ weight }) => weight === least));
  }
  // Its own colours must not be cut, but one part alone may be longer than a narrow terminal
  if (lengthOf(parts) > params.columns) return (parts[0]?.text ?? '').slice(0, params.columns);
  return parts
    .map(({ text, isBad }) => (isBad && params.coloured ? `${RED}${text}${RESET}` : text))
    .join(BETWEEN);
}

function partsOf(progress: Progress, { silentSeconds = 0, linesDropped = 0 }: LineParams): Part[] {
  const { failed, perSecond, elapsedSeconds, remainingSeconds, algorithms, otherAlgorithms } = progress;
  const left = remainingSeconds === undefined ? '' : `, about ${clock(Math.ceil(remainingSeconds))} left`;
  const parts: Part[] = [{ text: doneText(progress), weight: 9 }];
  if (failed > 0) parts.push({ text: `${failed} failed`, weight: 8, isBad: true });
  const isStuck = progress.slaves === 0 && progress.done < progress.submitted;
  parts.push({ text: slavesText(progress), weight: 7, isBad: isStuck });
  if (linesDropped > 0) parts.push({ text: `${counted(linesDropped, 'line')} lost`, weight: 6, isBad: true });
  if (silentSeconds >= SILENT_SECONDS) parts.push({ text: `no line for ${clock(silentSeconds)}`, weight: 6 });
  if (perSecond !== undefined) parts.push({ text: rateText(perSecond), weight: 4 });
  parts.push({ text: `${clock(elapsedSeconds)}${left}`, weight: 5 });
  for (const [index, { name, done, submitted }] of algorithms.entries()) {
    // A trail that begins in the middle lacks submissions
    const tasks = done > submitted ? `${done}` : `${done}/${submitted}`;
    parts.push({ text: `${shortName(name)} ${tasks}`, weight: 3 - index / 10 });
  }
  if (otherAlgorithms > 0) parts.push({ text: `${otherAlgorithms} more`, weight: 1 });
  return parts;
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + text.length + BETWEEN.length, -BETWEEN.length);
}

function doneText({ done, submitted, total }: Progress): string {
  if (submitted === 0 && done === 0) return 'no task yet';
  if (total === undefined) return `${done} done so far`;
  return `${done} of ${total}, ${Math.floor((100 * done) / total)} %`;
}

function slavesText({ slaves, busy }: Progress): string {
  if (slaves === 0) return 'no slave';
  return `${counted(slaves, 'slave')}, ${busy} busy`;
}

/** In the unit that gives a number from 1, if there is one. */
export function rateText(perSecond: number): string {
  const units = [
    [1, 's'],
    [60, 'min'],
    [3_600, 'h'],
  ] as const;
  const [factor, unit] = units.find(([factor]) => perSecond * factor >= 1) ?? [1, 's'];
  const rate = perSecond * factor;
  return `${rate < 9.95 ? Number(rate.toFixed(1)) : Math.round(rate)}/${unit}`;
}

/** `0:12`, `1:02:03` or `3 d 4:05:06`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const time = hours + days > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${days > 0 ? `${days} d ` : ''}${time}:${two(whole % 60)}`;
}

function shortName(name: string): string {
  const safe = escapeControls(name);
  return safe.length > MOST_NAME ? `${safe.slice(0, MOST_NAME - 1)}…` : safe;
}
