/** The logarithm of the mean of wealths that are given by their logarithms: the wealths themselves may be larger than a number can be. */
export function logMeanExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum / logs.length);
}
