import { DAY, HOUR, MINUTE, SECOND } from '../model/duration.js';

/** A length of time in at most two units: `1h 5m`, `42s`. */
export function length(ms: number): string {
  const rounded = Math.max(0, Math.round(ms / SECOND) * SECOND);
  const units: [number, string][] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'm'],
    [SECOND, 's'],
  ];
  const parts: string[] = [];
  let left = rounded;
  for (const [size, unit] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0s';
}

/** How long ago: `now`, `5m ago`. */
export function ago(at: string, now: number): string {
  const ms = now - Date.parse(at);
  if (ms < 5 * SECOND) return 'just now';
  const [first] = length(ms).split(' ');
  return `${first ?? '0s'} ago`;
}

/** Time of day to the second, with the date when it is another day. */
export function time(at: string | number, now = Date.now()): string {
  const date = new Date(at);
  const clock = date.toLocaleTimeString(undefined, { hour12: false });
  const sameDay = new Date(now).toDateString() === date.toDateString();
  return sameDay ? clock : `${date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${clock}`;
}

/** What people call an image: its last part, `repo:tag`, or the beginning of its digest. */
export function imageName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const [name = '', digest] = last.split('@');
  return digest === undefined ? last : `${name}@${digest.replace('sha256:', '').slice(0, 12)}`;
}

/** A measured value, short: `0.0132`, `1.2k`. */
export function value(number: number): string {
  if (number === 0) return '0';
  const size = Math.abs(number);
  if (size >= 10_000)
    return new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 }).format(number);
  return String(Number(number.toPrecision(size < 1 ? 3 : 4)));
}

/** A stage's name for people: `ECS_CANARY_ROLLOUT` → `Canary rollout`. */
export function stageName(name: string): string {
  const words = name.replace(/^ECS_/, '').replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Labels as people write and search them: `team=checkout`. */
export function labelsOf(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
