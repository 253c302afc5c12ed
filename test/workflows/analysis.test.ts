import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import { analysisStage, canaryPipeline, release, thresholdMetric } from '../support/release.js';
import { rollouts } from './rollouts.js';

const { changes, start } = rollouts();

test('a metric that is judged each minute waits for no slower one when the history is continued as new', async () => {
  const stage = analysisStage({
    duration: 5 * HOUR,
    maxDuration: 5 * HOUR,
    metrics: [
      thresholdMetric({ name: 'each-minute', interval: MINUTE }),
      thresholdMetric({ name: 'at-the-end', interval: 5 * HOUR }),
    ],
  });
  const document = await (await start({ release: release({ pipeline: canaryPipeline(stage) }) })).result();
  expect(document.status).toBe('SUCCEEDED');
  const judged = changes().filter((change) => change.startsWith('measure'));
  expect(judged.filter((change) => change.includes('each-minute'))).toEqual(
    Array.from({ length: 300 }, (_, index) => `measure each-minute ${index + 1}`),
  );
  expect(judged.indexOf('measure each-minute 298')).toBeLessThan(judged.indexOf('measure at-the-end 1'));
});
