/** Tags that people move: what runs tomorrow under them is not what was judged today. */
const MOVING_TAG =
  /^(latest|stable|edge|nightly|main|master|develop|development|dev|staging|prod|production|release)$/i;

/** Why an image's name does not say which content will run, or undefined when it does as far as a name can tell. */
export function whyMutable(image: string): string | undefined {
  if (image.includes('@sha256:')) return undefined;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag === undefined) return 'has no tag, which means latest';
  return MOVING_TAG.test(tag) ? `has the tag ${tag}, which moves` : undefined;
}
