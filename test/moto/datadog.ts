import { SECOND } from '../../model/duration.js';
import { answer, series, startFakeDatadog, type FakeDatadog, type PointList } from '../metrics/fake-datadog.js';

/** A Datadog whose load balancer served 100 requests in each second, of which a share ended in a 5xx. */
export interface Counting extends FakeDatadog {
  /** From now on. */
  fail: (share: number) => void;
}

const REQUESTS = 100;

/** Answers the seed's quotient and its denominator with one-second buckets; a second without an error has no point in the first. */
export async function startCountingDatadog(): Promise<Counting> {
  const shares: { since: number; share: number }[] = [{ since: 0, share: 0 }];
  const datadog = await startFakeDatadog(Date.now, ({ from, to, queries }) => {
    const ratio: PointList = [];
    const requests: PointList = [];
    const newest = Math.floor(Date.now() / SECOND) * SECOND - SECOND;
    for (let at = Math.ceil(from / SECOND) * SECOND; at < Math.min(to, newest); at += SECOND) {
      const { share } = shares.findLast(({ since }) => since <= at) ?? { share: 0 };
      requests.push([at, REQUESTS]);
      if (share > 0) ratio.push([at, share]);
    }
    const all = queries.map((_, index) => series(index, index === 0 ? ratio : requests, { interval: 1 }));
    return answer(all.filter((each) => (each['pointlist'] as PointList).length > 0));
  });
  return { ...datadog, fail: (share) => void shares.push({ since: Date.now(), share }) };
}
