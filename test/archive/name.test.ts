import fc from 'fast-check';
import { expect, test } from 'vitest';
import { archiveName, namePrefix, parseName } from '../../activities/archive/name.js';
import { DEPLOYMENT_STATUSES, iso } from '../../model/wire.js';
import { deploymentDocument } from '../api/support/fake-gateway.js';

const BEGAN = Date.UTC(2026, 10, 28, 19, 0, 39, 123);
const ended = deploymentDocument({
  id: 'web-7',
  app: 'web',
  status: 'ROLLED_BACK',
  completedAt: '2026-11-28T19:05:00.000Z',
});

test('a name tells application, number, times and state', () => {
  const name = archiveName(ended, BEGAN);
  expect(name).toBe('web/0000000007~20261128T190039123Z~20261128T190500000Z~ROLLED_BACK.ndjson.gz');
  expect(parseName(name)).toEqual({
    app: 'web',
    n: 7,
    id: 'web-7',
    startedAt: BEGAN,
    endedAt: Date.parse('2026-11-28T19:05:00.000Z'),
    status: 'ROLLED_BACK',
  });
  expect(name.startsWith(namePrefix('web-7')!)).toBe(true);
  expect(name.startsWith(namePrefix('web-70')!)).toBe(false);
});

test('every name is read as it was written', () => {
  const instants = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
      fc.integer({ min: 1, max: 9_999_999_999 }),
      instants,
      instants,
      fc.constantFrom(...DEPLOYMENT_STATUSES),
      fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
      (app, n, startedAt, endedAt, status, back) => {
        const document = deploymentDocument({
          id: `${app}-${n}`,
          app,
          status,
          completedAt: iso(endedAt),
          ...(back !== undefined && { rollbackTo: `${app}-${back}` }),
        });
        expect(parseName(archiveName(document, startedAt))).toEqual({
          app,
          n,
          id: `${app}-${n}`,
          startedAt,
          endedAt,
          status,
          ...(back !== undefined && { rollbackTo: back }),
        });
      },
    ),
  );
});

test.each([
  'web/.0000000007~20261128T190039123Z~20261128T190500000Z~FAILED.ndjson.gz.6d0b',
  'web/0000000007~20261128T190039123Z~20261128T190500000Z~ENDED.ndjson.gz',
  'web/0000000007~20261328T190039123Z~20261128T190500000Z~FAILED.ndjson.gz',
  'web/0000000007~20261128T190039123Z~20261128T190500000Z~FAILED~7.ndjson.gz',
  '0000000007~20261128T190039123Z~20261128T190500000Z~FAILED.ndjson.gz',
  'README.md',
])('%s is no archived deployment', (name) => expect(parseName(name)).toBeUndefined());

test('one that has not ended has no name', () => {
  expect(() => archiveName(deploymentDocument(), BEGAN)).toThrow('web-7 has not ended');
});
