import { describe, expect, it } from 'vitest';
import { formatPath, readDocuments } from '../../document/yaml.js';

const TEXT = `a: 1
List:
  - x: one
    y: &anchor
      deep: 1.10
  - *anchor
  - {flow: {z: 2}}
merged:
  <<: {from: here}
`;

describe('a document', () => {
  const [document] = readDocuments('f.yaml', TEXT).documents;

  it('tells the place of each key and item', () => {
    const place = (...path: (string | number)[]): string => {
      const { line, column } = document!.place(path);
      return `${line}:${column}`;
    };
    expect(place()).toBe('1:1');
    expect(place('a')).toBe('1:1');
    expect(place('List', 0)).toBe('3:5');
    expect(place('List', 0, 'y', 'deep')).toBe('5:7');
    expect(place('List', 2, 'flow', 'z')).toBe('7:13');
  });

  it('finds keys in any case', () => {
    expect(document!.place(['LIST', 0, 'X']).line).toBe(3);
  });

  it('tells the nearest written ancestor of what is not there', () => {
    expect(document!.place(['List', 0, 'none', 'at', 3]).line).toBe(3);
    expect(document!.place(['none']).line).toBe(1);
  });

  it('follows an alias to what it means', () => {
    expect(document!.place(['List', 1, 'deep']).line).toBe(5);
  });

  it('gives scalars as they were typed', () => {
    expect(document!.typed(['List', 0, 'y', 'deep'])).toBe('1.10');
    expect(document!.typed(['List', 0])).toBeUndefined();
    expect(document!.typed(['none'])).toBeUndefined();
  });

  it('merges what << names', () => {
    expect(document!.value).toMatchObject({ merged: { from: 'here' } });
  });
});

describe('text that cannot be read', () => {
  it.each([
    ['a: [1, 2', 1, 9],
    ['a: 1\nb: "x', 2, 6],
    ['a: 1\na: 2', 2, 1],
    ['a:\n\t- 1', 2, 1],
    ['a: *none', 1, 1],
    ['{"a": 1,\n "b": }}', 2, 8],
  ])('%j has line %i and column %i', (text, line, column) => {
    const { documents, findings } = readDocuments('f.yaml', text);
    expect(documents).toEqual([]);
    expect(findings[0]).toMatchObject({ level: 'error', file: 'f.yaml', line, column });
  });

  it('does not unfold aliases without end', () => {
    const level = (n: number): string =>
      `l${n}: &l${n} [${Array(10)
        .fill(`*l${n - 1}`)
        .join(', ')}]`;
    const bomb = ['l0: &l0 [x, x, x, x, x, x, x, x, x, x]', ...[1, 2, 3, 4, 5, 6].map(level)].join('\n');
    const { documents, findings } = readDocuments('f.yaml', bomb);
    expect(documents).toEqual([]);
    expect(findings).toMatchObject([{ level: 'error', file: 'f.yaml' }]);
  });
});

describe('several documents', () => {
  it('each have their own places', () => {
    const { documents } = readDocuments('f.yaml', 'a: 1\n---\nb: 2\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
    expect(documents[1]!.place(['b'])).toEqual({ line: 3, column: 1 });
  });
});

describe('a path', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 0, 'b', 1, 2], 'a[0].b[1][2]'],
  ])('%j is written %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});

// The parser's own end of the stack may be the end of the process: this must not come to it.
it.each([['['], ['{a: '], ['{"a":['], ['- '], ['? '], ['[ "]", '], ['[ # ]\n']])(
  'a text of %j alone is refused before it is parsed',
  (part) => {
    const { documents, findings } = readDocuments('a.yaml', part.repeat(3_000));
    expect(documents).toEqual([]);
    expect(findings).toMatchObject([{ level: 'error', file: 'a.yaml', message: 'is nested too deeply' }]);
  },
);

it('a text with many brackets that are closed, or stand in texts, is read', () => {
  const text = `list: ${'['.repeat(150)}${']'.repeat(150)}\nmany: [${'{a: [1]},'.repeat(1_000)}]\nwords: "${'['.repeat(500)}"\nmore: |\n  ${'['.repeat(500)}\n  ${'-'.repeat(500)}\n`;
  expect(readDocuments('a.yaml', text).findings).toEqual([]);
});
