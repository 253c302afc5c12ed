import { describe, expect, it } from 'vitest';
import { APP, METRIC, SERVICE, TASK } from './mistake.js';
import { edited, errors, lineOf, parse, seedFiles } from './support.js';

describe('everything at once', () => {
  it('is found in one go, over all three files', () => {
    const parsed = parse(
      edited(
        [APP, 'scale: 30', 'scale: 0'],
        [APP, 'provider: sample-datadog', 'provider: other'],
        [APP, 'interval: 1m', 'interval: 20m'],
        [SERVICE, 'EXTERNAL', 'ECS'],
        [TASK, 'mountPoints', 'mountPoint'],
      ),
    );
    expect(errors(parsed).map(({ file, field }) => [file, field])).toEqual([
      [APP, 'spec.pipeline.stages[0].with.scale'],
      [APP, `${METRIC}.provider`],
      [APP, `${METRIC}.interval`],
      [SERVICE, 'deploymentController.type'],
      [TASK, 'containerDefinitions[0].mountPoint'],
    ]);
  });

  it('a file with nothing but mistakes is told of in part, and soon', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `key${i}: 1`).join('\n');
    const began = performance.now();
    const found = errors(parse({ ...seedFiles(), [TASK]: keys }));
    expect(found).toHaveLength(100);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('broken YAML has line and column, and the other files are still read', () => {
    const files = edited([TASK, 'volumes: []', 'volumes: [}'], [SERVICE, 'EXTERNAL', 'ECS']);
    const found = errors(parse(files));
    expect(found).toContainEqual(
      expect.objectContaining({ file: TASK, line: lineOf(files[TASK], 'volumes'), column: 11 }),
    );
    expect(found).toContainEqual(expect.objectContaining({ file: SERVICE, field: 'deploymentController.type' }));
  });

  it.each(['', '# nothing\n', '---\na: 1\n---\na: 2\n'])(
    'a file that holds no single document is refused: %j',
    (text) => {
      const found = errors(parse({ ...seedFiles(), [TASK]: text }));
      expect(found).toMatchObject([
        { file: TASK, message: expect.stringMatching(/is empty|more than one document/) as string },
      ]);
    },
  );
});
