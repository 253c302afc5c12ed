import { beforeAll, describe, expect, it } from 'vitest';
import { type Cell, simulate } from '../../bench/verdicts/cell.js';
import { ours } from '../../bench/verdicts/ours.js';
import { NULLS, SUITE } from '../../bench/verdicts/profile.js';
import { random } from '../../bench/verdicts/random.js';
import { rollout } from '../../bench/verdicts/rollout.js';
import { row } from '../../bench/verdicts/row.js';
import { traffic } from '../../bench/verdicts/traffic.js';

const BUDGET = 0.05;
const JUDGE = ours(BUDGET);
/** Few, so that it is a test: the figures of bench/README.md come from many more. */
const RUNS = 150;

/** verdicts.md §2, the row (R) at 5 %, without delay and behind Datadog's AWS polling; two standard errors of 150 runs are added. */
describe('our judge on the standard suite', () => {
  let cells: Cell[] = [];
  beforeAll(() => {
    cells = SUITE.flatMap((profile) => simulate(profile, [0, 12], [JUDGE], { from: 0, count: RUNS, seed: 11 }));
  });
  const of = (lag: number): ReturnType<typeof row> =>
    row(
      JUDGE.name,
      cells.filter((cell) => cell.lag === lag),
    );

  it.each([0, 12])('behind %d minutes it never promotes what it did not measure', (lag) => {
    expect(of(lag).unmeasured).toBe(0);
  });
  it.each([0, 12])('behind %d minutes it does as the study says', (lag) => {
    const { goodRolledBack, badPromoted, held, caught } = of(lag);
    expect(goodRolledBack.mean).toBeLessThan(0.02);
    expect(badPromoted).toBeLessThan(0.042 + 0.025);
    expect(Math.abs(caught - 0.871)).toBeLessThan(0.04);
    expect(Math.abs(held.good - 0.282)).toBeLessThan(0.03);
  });
  it.each([
    [0, 10],
    [12, 26],
  ])('behind %d minutes it catches half of the bad ones by minute %d or so', (lag, minute) => {
    expect(Math.abs((of(lag).minutes?.median ?? NaN) - minute)).toBeLessThanOrEqual(3);
  });
  it('gives the same verdict however late the data comes', () => {
    const share = (lag: number): number => of(lag).caught;
    expect(Math.abs(share(0) - share(12))).toBeLessThan(0.01);
  });
});

it('holds what it saw nothing of', () => {
  const happened = traffic(SUITE[1]!, random(1));
  const shown = rollout(happened, 12, random(2));
  const never = { ...shown, canary: [], lag: 720 };
  expect(JUDGE.judge(never)).toMatchObject({ verdict: 'HOLD', measurements: 0 });
});

/** 20,000 runs of each are in bench/README.md; these catch a judge that ignores what a profile is about. */
describe('a version with nothing wrong', () => {
  it.each(NULLS.filter(({ name }) => name.startsWith('600 rpm')))('$name', (profile) => {
    const [cell] = simulate(profile, [0], [JUDGE], { from: 0, count: 400, seed: 12 });
    // Three standard errors above the budget.
    expect(cell!.rolledBack / cell!.runs).toBeLessThan(BUDGET + 3 * Math.sqrt((BUDGET * (1 - BUDGET)) / 400));
  });
});
