import fc from 'fast-check';
import { expect, test } from 'vitest';
import { whySkipped } from '../../model/skip-on.js';

const docs = { commitMessagePrefixes: ['docs:', 'chore'], paths: ['docs/**', '*.md'] };

test.each([
  ['a message that begins so', { message: 'docs: say it' }, 'skipOn: the commit’s message begins with "docs:".'],
  ['only such paths', { changedPaths: ['docs/a.md', 'README.md'] }, 'skipOn: only docs/a.md, README.md changed.'],
  [
    'more of them than are shown',
    { changedPaths: ['a.md', 'b.md', 'c.md', 'd.md'] },
    'skipOn: only a.md, b.md, c.md and 1 more changed.',
  ],
  ['one path beside them', { changedPaths: ['docs/a.md', 'taskdef.yaml'] }, undefined],
  ['a message that has it elsewhere', { message: 'fix docs: say it' }, undefined],
  ['nothing that changed', { changedPaths: [] }, undefined],
  ['nothing that is known', {}, undefined],
])('%s', (_, commit, reason) => {
  expect(whySkipped(docs, { hash: 'a1', ...commit })).toBe(reason);
});

test('what is not known never leaves out a stage', () => {
  expect(whySkipped(docs, undefined)).toBeUndefined();
  fc.assert(
    fc.property(
      fc.array(fc.string()),
      (paths) => whySkipped({ commitMessagePrefixes: [], paths }, { hash: 'a1' }) === undefined,
    ),
  );
});

test('one file that is not meant is enough', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom<string>('a.md', 'docs/b/c', 'x.md')), fc.nat(), (meant, at) => {
      const changedPaths = meant.toSpliced(at % (meant.length + 1), 0, 'src/main.ts');
      expect(whySkipped(docs, { hash: 'a1', changedPaths })).toBeUndefined();
    }),
  );
});
