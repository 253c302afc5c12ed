/**
 * Reads how much worse the canary may be: a factor (`1.2`), a share (`0.2`) or a percentage (`20%`), which all mean a fifth more.
 * @returns the factor, 1 or more; undefined when it is none of them
 */
export function parseTolerance(given: number | string): number | undefined {
  const text = String(given).trim();
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  if (percent !== undefined) return 1 + Number(percent) / 100;
  const number = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number) || number < 0) return undefined;
  return number < 1 ? 1 + number : number;
}
