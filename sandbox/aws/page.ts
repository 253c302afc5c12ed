/**
 * One page of a list.
 *
 * @param token - what the last page's `next` was
 * @returns the page, and the token of the next one unless it was the last
 * @throws RangeError when the token is none of ours
 */
export function pageOf<T>(items: readonly T[], size: number, token: string | undefined): { items: T[]; next?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(from) || from < 0) throw new RangeError(`not a token of this list: ${token ?? ''}`);
  const end = from + size;
  const page = { items: items.slice(from, end) };
  return end < items.length ? { ...page, next: Buffer.from(String(end)).toString('base64url') } : page;
}
