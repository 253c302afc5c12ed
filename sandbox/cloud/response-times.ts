/** Answers by the mean response time of who gave them, in ms. Each version's times are spread exponentially around its mean. */
export type Responses = Readonly<Record<string, number>>;

function parts(responses: Responses): { mean: number; count: number }[] {
  return Object.entries(responses).map(([mean, count]) => ({ mean: Number(mean), count }));
}

export function countOf(responses: Responses): number {
  return parts(responses).reduce((sum, { count }) => sum + count, 0);
}

/** The mean of all answers in ms; NaN when there is none. */
export function meanOf(responses: Responses): number {
  return parts(responses).reduce((sum, { mean, count }) => sum + mean * count, 0) / countOf(responses);
}

/** Share of the answers that took no longer than `millis`. */
function shareWithin(responses: Responses, millis: number): number {
  const within = parts(responses).reduce(
    (sum, { mean, count }) => sum + count * (mean === 0 ? 1 : 1 - Math.exp(-millis / mean)),
    0,
  );
  return within / countOf(responses);
}

/**
 * The time in ms within which a share (0 to 1) of the answers came. Of so many answers the slowest is as slow as chance makes it: a
 * share of 1 stands for all but half an answer.
 */
export function quantileOf(responses: Responses, share: number): number {
  const wanted = Math.min(share, 1 - 0.5 / countOf(responses));
  let low = 0;
  let high = 1;
  while (shareWithin(responses, high) < wanted) high *= 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (shareWithin(responses, middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** The mean of the fastest share (0 to 1) of the answers, in ms. */
export function trimmedMeanOf(responses: Responses, share: number): number {
  const limit = quantileOf(responses, share);
  let sum = 0;
  let within = 0;
  for (const { mean, count } of parts(responses)) {
    const beyond = mean === 0 ? 0 : Math.exp(-limit / mean);
    within += count * (1 - beyond);
    sum += count * (mean * (1 - beyond) - limit * beyond);
  }
  return sum / within;
}
