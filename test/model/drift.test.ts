import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DRIFT_PARTS, driftLook, isIgnored, readIgnoredField } from '../../model/drift.js';

test.each([
  ['service#desiredCount', ['service', 'desiredCount']],
  ['service.desiredCount', ['service', 'desiredCount']],
  ['TaskDefinition#containerDefinitions[web].image', ['taskDefinition', 'containerDefinitions', 'web', 'image']],
  ['ecs/v1:taskDefinition:default:web#cpu', ['taskDefinition', 'cpu']],
  ['listener', ['listener']],
  ['taskDefinition#containerDefinitions.*.environment', ['taskDefinition', 'containerDefinitions', '*', 'environment']],
  [
    'taskDefinition#containerDefinitions[web].environment[A.B]',
    ['taskDefinition', 'containerDefinitions', 'web', 'environment', 'A.B'],
  ],
])('%s is a field', (text, words) => {
  expect(readIgnoredField(text)).toEqual(words);
});

test.each(['', '#', 'desiredCount', 'apps/v1:Deployment:default:web#spec.replicas', '#image'])(
  '“%s” names none',
  (text) => {
    expect(readIgnoredField(text)).toBeUndefined();
  },
);

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const path = fc
  .tuple(
    fc.constantFrom(...DRIFT_PARTS),
    fc.array(fc.record({ word, named: fc.boolean() }), { minLength: 1, maxLength: 5 }),
  )
  .map(([part, words]) =>
    words.reduce<string>((all, one) => all + (one.named ? `[${one.word}]` : `.${one.word}`), part),
  );
const difference = path.map((one) => ({ path: one, deployed: '1', running: '2' }));

test('a field ignores itself and all that is in it, and nothing beside it', () => {
  fc.assert(
    fc.property(path, word, (one, more) => {
      const field = [readIgnoredField(one)!];
      expect(isIgnored(one, field)).toBe(true);
      expect(isIgnored(`${one}.${more}`, field)).toBe(true);
      expect(isIgnored(`${one}[${more}]`, field)).toBe(true);
      expect(isIgnored(one.endsWith(']') ? `${one.slice(0, -1)}x]` : `${one}x`, field)).toBe(false);
      expect(isIgnored(one, [readIgnoredField(`${one}.${more}`)!])).toBe(false);
      expect(isIgnored(one, [readIgnoredField(one.replace(/^(\w+)\.?/, '$1#'))!])).toBe(true);
    }),
  );
});

test('it is in sync exactly when all was read and no difference is left', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(difference, { selector: (one) => one.path, maxLength: 40 }),
      fc.array(path, { maxLength: 5 }),
      fc.array(word, { maxLength: 2 }),
      fc.nat(40),
      (found, others, unread, upTo) => {
        const ignoreFields = [...others, ...found.slice(0, upTo).map((one) => one.path)];
        const fields = ignoreFields.map((text) => readIgnoredField(text)!);
        const left = found.filter((one) => !isIgnored(one.path, fields));
        const look = driftLook({ deployment: 'web-1', found, ignoreFields, unread });
        const wanted = left.length > 0 ? 'OUT_OF_SYNC' : unread.length > 0 ? 'UNKNOWN' : 'SYNCED';
        expect(look.status).toBe(wanted);
        expect(look.differences).toEqual(left.slice(0, 30));
        for (const why of unread) expect(look.reason).toContain(why);
        if (left[0]) expect(look.reason).toContain(left[0].path);
      },
    ),
  );
});

test('a long value is cut, so that what is kept stays small', () => {
  const found = [{ path: 'taskDefinition.volumes', deployed: 'x'.repeat(5_000) }];
  const { differences } = driftLook({ deployment: 'web-1', found, ignoreFields: [], unread: [] });
  expect(differences[0]?.deployed).toHaveLength(300);
});
