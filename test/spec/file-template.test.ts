import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../../spec/file-template.js';

const VALUES = {
  encryptedSecrets: { password: 'p"w', 'my-key': 'k' },
  attachment: { config: 'a: 1\nb: 2' },
};
const rendered = (template: string): string => {
  const { text, problems } = renderTemplate(template, VALUES);
  expect(problems).toEqual([]);
  return text;
};

describe('a template', () => {
  it.each([
    ['v: {{ .encryptedSecrets.password }}', 'v: p"w'],
    ['v: {{.encryptedSecrets.password}}!', 'v: p"w!'],
    ['v: {{ .encryptedSecrets.password | quote }}', 'v: "p\\"w"'],
    ['v: {{ quote .encryptedSecrets.password }}', 'v: "p\\"w"'],
    ['v: {{ .encryptedSecrets.password | squote }}', "v: 'p\"w'"],
    ['v: {{ .encryptedSecrets.password | b64enc }}', 'v: cCJ3'],
    ['v: {{ .encryptedSecrets.password | b64enc | b64dec | upper }}', 'v: P"W'],
    ['v: {{ index .encryptedSecrets "my-key" }}', 'v: k'],
    ['v: {{ index .encryptedSecrets `my-key` | upper }}', 'v: K'],
    ['v: {{ .attachment.config | toJson }}', 'v: "a: 1\\nb: 2"'],
    ['v:{{ .attachment.config | nindent 2 }}', 'v:\n  a: 1\n  b: 2'],
    ['v: |\n{{ indent 2 .attachment.config }}', 'v: |\n  a: 1\n  b: 2'],
    ['a  {{- " x " | trim -}}  b', 'axb'],
    ['a {{/* what stands here is no matter }} */}} b', 'a  b'],
    ['a {{- /* gone, with the blanks */ -}} b', 'ab'],
    ['{{ "x" -}}  {{- "y" }} {{ "z" -}}\n', 'xy z'],
    ['a {{ "}" }} { } {b}', 'a } { } {b}'],
    ['a {{ never closed', 'a {{ never closed'],
    ['nothing', 'nothing'],
  ])('%s', (template, text) => {
    expect(rendered(template)).toBe(text);
  });

  it('does not render what it puts in', () => {
    const { text } = renderTemplate('{{ .attachment.a }}', { attachment: { a: '{{ .attachment.a }}' } });
    expect(text).toBe('{{ .attachment.a }}');
  });

  it.each([
    ['{{ .encryptedSecrets.pasword }}', /names "pasword", which .encryptedSecrets does not have/],
    ['{{ .encryptedSecrets.my-key }}', /takes? for a subtraction/],
    ['{{ .secrets.x }}', /names .secrets, which is not there/],
    ['{{ range .attachment }}', /range is not known/],
    ['{{ .attachment.config | sha256sum }}', /sha256sum is not known/],
    ['{{ .attachment.config | indent }}', /gives indent 1 values where it takes 2/],
    ['{{ .attachment.config | indent "x" }}', /gives indent no number of blanks/],
    ['{{ }}', /cannot be rendered: an empty command/],
    ['{{ /* ends before */ its time }}', /cannot be rendered: \/\* is not known/],
    [`{{ "${'"\\"'.repeat(1_000)} }}`, /is longer than 2000 characters/],
    ['{{ .attachment.config | indent 100 }}', /gives indent no number of blanks/],
    ['{{ .toString.constructor }}', /names .toString, which is not there/],
    ['{{ .attachment.constructor }}', /names "constructor"/],
    ['{{ constructor }}', /constructor is not known/],
  ])('%s is refused', (template, message) => {
    const { text, problems } = renderTemplate(`one\ntwo\n  ${template}\n`, VALUES);
    expect(text).toContain(template);
    expect(problems).toEqual([expect.objectContaining({ line: 3, message: expect.stringMatching(message) as string })]);
  });

  it.each([' ', '{{', '{{/*', '{{/*}}', '{{ x -', '{{- ', '{{}}', '{{"\\"'])(
    'of nothing but %j is read in the time of any other',
    { timeout: 5_000 },
    (part) => {
      renderTemplate(part.repeat((512 * 1024) / part.length), VALUES);
    },
  );

  it('cannot be made longer than a file may be', () => {
    const attachment = { big: 'x\n'.repeat(200_000) };
    const longer = { message: expect.stringContaining('longer than 512 KB') as string, line: 2 };
    for (const many of [
      '{{ .attachment.big }}'.repeat(20_000),
      '{{ .attachment.big | indent 99 | indent 99 | indent 99 }}',
    ]) {
      const { text, problems } = renderTemplate(`first\n${many}`, { attachment });
      expect(problems).toEqual([expect.objectContaining(longer)]);
      expect(text.length).toBeLessThan(2_000_000);
    }
  });
});
