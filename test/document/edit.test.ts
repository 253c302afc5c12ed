import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { replaceValue } from '../../document/edit/replace.js';
import type { Replacement } from '../../model/event-watcher.js';

function replace(text: string, by: Replacement['by'], field: string, value: string): string {
  const replaced = replaceValue(new TextEncoder().encode(text), { file: 'taskdef.yaml', by, field }, value);
  if ('problem' in replaced) throw new Error(replaced.problem);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(replaced.content);
}

const IMAGE = '$.containerDefinitions[0].image';
const NEW = 'nginx:1.25';

describe('a yamlField', () => {
  test.each([
    ['plain', 'nginx:1.23', NEW],
    ['in double quotes', '"nginx:1.23"', `"${NEW}"`],
    ['in single quotes', "'nginx:1.23'", `'${NEW}'`],
    ['with an anchor', '&image nginx:1.23', `&image ${NEW}`],
    ['with a comment', 'nginx:1.23   # the version', `${NEW}   # the version`],
  ])('%s keeps its style and all around it, byte for byte', (_name, before, after) => {
    const file = (value: string): string =>
      `# a comment\r\n\r\nfamily:   web\r\ncontainerDefinitions:\r\n  -   name: "web"\r\n\r\n      image:    ${value}\r\n      cpu:  100   # shares\r\nother: [a,   'b']\r\n`;
    expect(replace(file(before), 'yamlField', IMAGE, NEW)).toBe(file(after));
  });

  test.each([
    ['flow style', '{containerDefinitions: [{name: web, image: nginx:1, cpu: 1}]}', 'nginx:2', /image: nginx:2, cpu/],
    ['flow style that needs quotes', '{containerDefinitions: [{image: nginx}]}', 'a, b', /image: "a, b"}/],
    ['what would be a number', 'containerDefinitions: [{image: abc}]', '1.25', /image: "1.25"}/],
    ['what would be a comment', 'containerDefinitions:\n- image: abc\n', 'a #b', /image: "a #b"\n/],
    ['a number for a number', 'containerDefinitions:\n- image: 12\n', '13', /image: 13\n/],
    [
      'an alias',
      'i: &i nginx:1\ncontainerDefinitions:\n- image: *i\n',
      'nginx:2',
      /&i nginx:1\n.*\n- image: nginx:2\n/,
    ],
    ['a quote in single quotes', "containerDefinitions:\n- image: 'a'\n", "it's", /image: 'it''s'\n/],
    [
      'a file with a byte order mark',
      '\uFEFFcontainerDefinitions:\n- image: a # b\n',
      'c',
      /^\uFEFF.*\n- image: c # b\n$/,
    ],
  ])('of %s is written so that it reads as the same text', (_name, before, value, expected) => {
    expect(replace(before, 'yamlField', IMAGE, value)).toMatch(expected);
  });

  it('that stands there already changes nothing', () => {
    const text = 'containerDefinitions:\n- image: "nginx:1.25"\n';
    expect(replace(text, 'yamlField', IMAGE, NEW)).toBe(text);
  });

  test.each([
    [
      'containerDefinitions: []',
      /taskdef.yaml: yamlField \$\.containerDefinitions\[0\]\.image is not there: containerDefinitions has no item 0/,
    ],
    ['containerDefinitions: [{image: {a: 1}}]', /is a map/],
    ['containerDefinitions: [{image: [1]}]', /is a list/],
    ['containerDefinitions: [{image: }]', /is empty/],
    ['a: 1\n---\na: 2\n', /several documents/],
    ['a: [', /cannot be read as YAML/],
    ['', /empty/],
    ['containerDefinitions:\n- image: |\n    a\n', /several lines/],
    ['c: &c {image: a}\ncontainerDefinitions: [*c]', /is an alias/],
  ])('that is not one scalar of one document is refused: %j', (text, reason) => {
    expect(() => replace(text, 'yamlField', IMAGE, NEW)).toThrow(reason);
  });

  test.each(['$.a[*].b', '$..b', '$', '', '$.a['])('with the path %j is refused', (path) => {
    expect(() => replace('a: 1', 'yamlField', path, NEW)).toThrow(/path/);
  });

  it('is the only thing that changes, whatever the document and the value', () => {
    const value = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text));
    const style = fc.constantFrom(
      (s: string) => JSON.stringify(s),
      (s: string) => `'${s.replaceAll("'", "''")}'`,
    );
    const eol = fc.constantFrom('\n', '\r\n');
    const around = fc.array(fc.constantFrom('', '# note', 'a:   1', 'b: "x"  # y', "c: ['q',  2]"), { maxLength: 4 });
    fc.assert(
      fc.property(value, value, style, eol, fc.uniqueArray(fc.nat(4)), around, (old, next, spell, nl, _n, lines) => {
        const unique = [...new Set(lines.filter((line) => line !== ''))];
        const head = [...unique, 'spec:', '  x:   '].join(nl);
        const tail = `   # kept${nl}${nl}end: 'z'${nl}`;
        const before = `${head}${spell(old)}${tail}`;
        const after = replace(before, 'yamlField', 'spec.x', next);
        expect(after.startsWith(head) && after.endsWith(tail)).toBe(true);
        expect(parse(after)).toEqual({ ...(parse(before) as object), spec: { x: next } });
      }),
    );
  });
});

describe('a jsonField', () => {
  it('keeps tabs, spaces and order', () => {
    const text = (image: string): string =>
      `{\r\n\t"containerDefinitions" : [ {"cpu":1, "image":${image}  } ]\r\n}\r\n`;
    expect(replace(text('"a"'), 'jsonField', IMAGE, 'b"c')).toBe(text('"b\\"c"'));
    expect(replace(text('12'), 'jsonField', IMAGE, '13')).toBe(text('13'));
    expect(replace(text('12'), 'jsonField', IMAGE, '013')).toBe(text('"013"'));
    expect(() => replace(text('{}'), 'jsonField', IMAGE, 'b')).toThrow(/is an object/);
    expect(() => replace('{"a": 1}', 'jsonField', IMAGE, 'b')).toThrow(/is not there/);
    expect(() => replace('{"a": 1,\n}', 'jsonField', '$.a', 'b')).toThrow(/cannot be read as JSON \(line 2\)/);
  });

  it('is the only thing that changes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.nat(8), (others, next, indent) => {
        const document = { ...others, target: { value: 'old' } };
        const after = replace(JSON.stringify(document, null, indent), 'jsonField', '$.target.value', next);
        expect(after).toBe(JSON.stringify({ ...others, target: { value: next } }, null, indent));
      }),
    );
  });
});

describe('a regex', () => {
  it('replaces its first group wherever it matches, and the rest of a match stays', () => {
    expect(replace('image: a:1 # x\nimage: a:2\n', 'regex', 'image: a:(\\d+)', '7')).toBe(
      'image: a:7 # x\nimage: a:7\n',
    );
    expect(replace('TAG=1\n', 'regex', '(?i)tag=(?P<tag>.*)', '$1')).toBe('TAG=$1\n');
  });
  test.each([
    ['image: .*', /has no group/],
    ['image: (', /is no regular expression/],
    ['(?=a)(b)', /is no regular expression/],
    ['nothing (x)', /matches nowhere/],
  ])('that cannot work is refused: %s', (expression, reason) => {
    expect(() => replace('image: a\n', 'regex', expression, 'b')).toThrow(reason);
  });
});

describe('an HCLField', () => {
  const text = (image: string, count: string): string =>
    `# head\nvariable "a" {}\nresource "aws_ecs_service" "web" {\n  name   = "web-\${var.x}" // n\n  image  = ${image}   # the image\n  desired_count = ${count}\n  list = [1, "two", { k = "v" }]\n  doc = <<-EOT\n    image = "no"\n  EOT\n  sum = 1 + 2\n}\n`;
  it('keeps all around it', () => {
    const path = 'resource.aws_ecs_service.web';
    expect(replace(text('"a"', '2'), 'HCLField', `${path}.image`, 'b')).toBe(text('"b"', '2'));
    expect(replace(text('"a"', '2'), 'HCLField', `${path}.desired_count`, '3')).toBe(text('"a"', '3'));
    expect(replace(text('"a"', '2'), 'HCLField', `${path}.image`, '${x}')).toBe(text('"$${x}"', '2'));
    expect(replace(text('"a"', '2'), 'HCLField', `${path}.list[2].k`, 'w')).toContain('{ k = "w" }');
  });
  test.each([
    ['resource.aws_ecs_service.web.sum', /is no plain text/],
    ['resource.aws_ecs_service.web.name', /is no plain text/],
    ['resource.aws_ecs_service.web.doc', /is no plain text/],
    ['resource.x', /is not there/],
  ])('that is an expression or missing is refused: %s', (path, reason) => {
    expect(() => replace(text('"a"', '2'), 'HCLField', path, 'b')).toThrow(reason);
  });
  it('of a broken file is refused', () => {
    expect(() => replace('a = {\n', 'HCLField', 'a', 'b')).toThrow(/cannot be read as HCL/);
  });
  it('steps over a quote in a comment behind an expression', () => {
    expect(replace('a = 1 + 2 # 5" wide\nb = "x"\n', 'HCLField', 'b', 'y')).toBe('a = 1 + 2 # 5" wide\nb = "y"\n');
    expect(replace('a = [\n f(1), # 5" wide\n]\nb = 1\n', 'HCLField', 'b', '2')).toContain('\nb = 2\n');
  });
});

test.each([
  ['HCLField', 'a = ', '['],
  ['HCLField', '', 'a {'],
  ['HCLField', 'a = "', '\\"'],
  ['jsonField', '', '['],
  ['jsonField', '', '{"a":'],
  ['yamlField', '', '{a: '],
] as const)(
  'a %s in a file of %s and nothing but %s ends with a reason, and soon',
  { timeout: 10_000 },
  (by, begin, part) => {
    expect(() => replace(begin + part.repeat(50_000), by, 'a', 'b')).toThrow(
      /cannot be|is no plain|is a list|is a map/,
    );
  },
);

it('a file that is no text is left alone', () => {
  const by = { file: 'a.bin', by: 'regex', field: '(a)' } as const;
  expect(replaceValue(Uint8Array.of(0xff, 0x61), by, 'b')).toEqual({
    problem: 'a.bin: regex (a) cannot be looked for: the file is not UTF-8',
  });
});
