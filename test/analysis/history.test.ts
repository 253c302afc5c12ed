import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { compared, comparedValue, judge, told } from './comparing.js';

const steady = told(-240, 30, () => ({ errors: 0, requests: 100 }));
/** Every tenth minute ten errors at once. */
const clustered = told(-240, 30, (index) => ({ errors: index % 10 === 0 ? 10 : 0, requests: 100 }));

describe('the history of a metric that is compared with a baseline', () => {
  const metric = compared({ strategy: 'CANARY_BASELINE', reference: { variant: 'baseline', queries: {} } });
  const young = told(0, 30, (index) => ({ errors: index % 10 === 0 ? 10 : 0, requests: 100 }));

  it('is the primary’s: the baseline is as young as the canary', () => {
    const points = { canary: young, baseline: young, primary: clustered };
    const { progress } = judge({ ...metric, history: {} }, points);
    expect(progress.ledger?.calibration).toMatchObject({ buckets: 240, rate: 0.01 });
    expect(progress.ledger?.calibration?.dispersion).toBeGreaterThan(5);
  });

  it('is none where the primary cannot be asked', () => {
    const { progress, reason } = judge(metric, { canary: young, baseline: young, primary: clustered });
    expect(progress.ledger?.calibration).toMatchObject({ buckets: 0, dispersion: 1 });
    expect(reason).toContain('No history of the reference');
  });

  it('keeps a cluster of errors from being taken for many pieces of evidence', () => {
    const unlucky = told(0, 30, (index) => ({ errors: index === 3 || index === 14 ? 10 : 0, requests: 100 }));
    const quiet = told(0, 30, () => ({ errors: 0, requests: 100 }));
    const of = (primary: typeof steady) =>
      judge({ ...metric, history: {} }, { canary: unlucky, baseline: quiet, primary }).verdict;
    expect(of(steady)).toBe('FAIL');
    expect(of(clustered)).not.toBe('FAIL');
  });
});

describe('values that follow each other', () => {
  const slow = told(-240, 60, (index) => ({ value: 100 * (1 + 0.1 * Math.sin(index / 10)) }));
  const over = { duration: 60 * MINUTE, maxDuration: 60 * MINUTE };
  const points = { canary: slow, primary: slow };

  it('are said to, and what would be safer', () => {
    expect(judge(comparedValue(), points, over).reason).toMatch(
      /follow each other closely \(autocorrelation 0\.\d\d\).*tolerance 1\.2 would be safer/,
    );
  });

  it('are no matter where the tolerance is wide', () => {
    expect(judge(comparedValue({ tolerance: 1.2 }), points, over).reason).not.toContain('follow');
  });

  it('are said to where they may have made the fail', () => {
    const worse = told(0, 60, (index) => ({ value: 150 * (1 + 0.1 * Math.sin(index / 10)) }));
    const judged = judge(comparedValue(), { canary: worse, primary: slow }, over);
    expect(judged.verdict).toBe('FAIL');
    expect(judged.measurements.at(-1)?.reason).toContain('follow each other closely');
  });
});
