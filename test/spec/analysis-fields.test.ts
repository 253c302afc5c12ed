import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { parseRelease } from '../../spec/release.js';
import { edited, errors, KNOWN, parse, seedFiles } from './support.js';

const APP = 'app.pipecd.yaml';

describe('our fields of ANALYSIS', () => {
  it('are read, on the stage and on the metric', () => {
    const stage = [
      'duration: 10m',
      'initialDelay: 2m',
      'onNoData: WAIT_APPROVAL',
      'onNotEnoughData: ROLLBACK',
      'maxDuration: 20m',
    ].join('\n          ');
    const metric = [
      'interval: 1m',
      'name: errors',
      'delay: 3m',
      'maxDelay: 12m',
      'resolution: 30s',
      'watermark: "sum:requests{app:{{ .App.Name }}}"',
      'emptyValue: 0',
      'minMeasured: 80%',
      'errorLimit: 1',
      'failureLimit: 2',
      'consecutiveFailureLimit: 2',
      'dryRun: false',
      'timeout: 10s',
      'skipOnNoData: true',
    ].join('\n              ');
    const parsed = parse(edited([APP, 'duration: 10m', stage], [APP, 'interval: 1m', metric]));
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release!.pipeline[2]).toMatchObject({
      initialDelay: 2 * MINUTE,
      onNoData: 'WAIT_APPROVAL',
      onNotEnoughData: 'ROLLBACK',
      maxDuration: 20 * MINUTE,
      metrics: [
        {
          name: 'errors',
          delay: 3 * MINUTE,
          maxDelay: 12 * MINUTE,
          resolution: 30 * SECOND,
          watermark: 'sum:requests{app:canary}',
          emptyValue: 0,
          minMeasured: 0.8,
          errorLimit: 1,
          failureLimit: 2,
          consecutiveFailureLimit: 2,
          dryRun: false,
          timeout: 10 * SECOND,
          skipOnNoData: true,
        },
      ],
    });
  });

  it('take their defaults from the provider', () => {
    const known = {
      ...KNOWN,
      analysisProviders: [
        {
          name: 'sample-datadog',
          type: 'DATADOG' as const,
          delay: MINUTE,
          maxDelay: 2 * MINUTE,
          resolution: 10 * SECOND,
        },
      ],
    };
    expect(parse(seedFiles(), { known }).release!.pipeline[2]).toMatchObject({
      metrics: [{ delay: MINUTE, maxDelay: 2 * MINUTE, resolution: 10 * SECOND }],
    });
  });

  it('leave the stage time enough for its data to arrive, also when it is long', () => {
    const parsed = parse(
      edited([APP, 'duration: 10m', 'duration: 7h'], [APP, '  name: canary', '  timeout: 10h\n  name: canary']),
    );
    expect(parsed.release!.pipeline[2]!.timeout).toBeGreaterThan(7 * 60 * MINUTE + 20 * MINUTE);
  });
});

describe('providers', () => {
  it('are not checked where no server configuration is at hand', () => {
    const { release, findings } = parseRelease({ app: 'canary', files: seedFiles(), seal: (plain) => plain });
    expect(errors({ findings })).toEqual([]);
    expect(release!.provider).toBe('');
  });

  it('none configured: said so', () => {
    const parsed = parse(seedFiles(), { known: { ecsProviders: [], analysisProviders: [], allowScripts: true } });
    expect(errors(parsed).map(({ message }) => message)).toEqual([
      'no ECS provider is configured',
      'the analysis provider "sample-datadog" is not configured; none is configured',
    ]);
  });

  it('of several ECS providers one must be named, and must exist', () => {
    const known = { ...KNOWN, ecsProviders: ['tokyo', 'frankfurt'] };
    expect(errors(parse(seedFiles(), { known }))).toMatchObject([
      { field: 'provider', message: 'several ECS providers are configured: tokyo, frankfurt' },
    ]);
    expect(parse(seedFiles(), { known, provider: 'frankfurt' }).release!.provider).toBe('frankfurt');
    expect(errors(parse(seedFiles(), { known, provider: 'oslo' }))).toMatchObject([
      { field: 'provider', message: 'the ECS provider "oslo" is not configured; configured: "tokyo", "frankfurt"' },
    ]);
  });
});
