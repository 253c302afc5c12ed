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
    ['a {{ "}" }} { } {b}', 'a } { } {b}'],
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
    ['{{ .toString.constructor }}', /names .toString, which is not there/],
    ['{{ .attachment.constructor }}', /names "constructor"/],
    ['{{ constructor }}', /constructor is not known/],
  ])('%s is refused', (template, message) => {
    const { text, problems } = renderTemplate(`one\ntwo\n  ${template}\n`, VALUES);
    expect(text).toContain(template);
    expect(problems).toEqual([expect.objectContaining({ line: 3, message: expect.stringMatching(message) as string })]);
  });
});
