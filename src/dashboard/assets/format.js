/** Numbers and times as people read them. */

const NUMBERS = new Intl.NumberFormat('en');

export function count(value) {
  return value === undefined || value === null ? '' : NUMBERS.format(value);
}

export function rate(perSecond) {
  if (perSecond === undefined || perSecond === null) return '';
  if (perSecond >= 10_000) return `${count(Math.round(perSecond / 100) / 10)} k/s`;
  if (perSecond >= 1 || perSecond === 0) return `${count(Number(perSecond.toPrecision(3)))}/s`;
  const perMinute = perSecond * 60;
  if (perMinute >= 1) return `${Number(perMinute.toPrecision(3))}/min`;
  return `${Number((perMinute * 60).toPrecision(3))}/h`;
}

export function percent(share) {
  return share === undefined || share === null ? '' : `${Math.floor(share * 100 + 1e-9)} %`;
}

export function bytes(value) {
  if (value === undefined || value === null) return '';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${Number((value / 1024 ** power).toPrecision(3))} ${units[power]}`;
}

/** A length in seconds: 0:42, 1:02:03, or 3 d 4 h. */
export function clock(seconds) {
  if (seconds === undefined || seconds === null) return '';
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 172_800) return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
  const two = (value) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function short(seconds) {
  if (seconds === undefined || seconds === null) return '';
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${Number((seconds * 1e6).toPrecision(3))} µs`;
  if (seconds < 1) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  return seconds < 120 ? `${Number(seconds.toPrecision(3))} s` : clock(seconds);
}

export function timeOfDay(ms) {
  if (!ms) return '';
  return new Date(ms).toLocaleTimeString('en-GB');
}

export function dayAndTime(ms) {
  if (!ms) return '';
  return `${new Date(ms).toLocaleDateString('en-CA')} ${timeOfDay(ms)}`;
}

export function plural(value, one, many) {
  return `${count(value)} ${value === 1 ? one : many}`;
}
