import { describe, expect, it } from 'vitest';
import { filesNamedBy } from '../../spec/release-files.js';
import { edited, parse } from './support.js';
import type { Edit } from './support.js';

const APP = 'app.pipecd.yaml';
const TASK = 'taskdef.yaml';
const SECRETS: Edit = [
  APP,
  '  input:',
  '  encryption:\n    encryptedSecrets: {password: cGFzcw==}\n    decryptionTargets: [taskdef.yaml]\n  input:',
];
const PLACE = '\n    environment:\n      - name: PASSWORD\n        value: ';
const IMAGE = /\n(\s+)image: .*/;

/** The seed's files with a secret in the environment of the first container, written as `place`. */
function withSecret(place: string, ...more: Edit[]): Record<string, string> {
  const files = edited(SECRETS, ...more);
  return { ...files, [TASK]: files[TASK].replace(IMAGE, (whole) => `${whole}${PLACE}${place}`) };
}

const decrypt = (plain: string) => () => plain;
const QUOTED = '{{ .encryptedSecrets.password | quote }}';

describe('encrypted secrets', () => {
  it('stand in the task definition, and in nothing else of the release', () => {
    const { release, findings } = parse(withSecret(QUOTED), { decrypt: decrypt('s3cret "x"\n') });
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect(JSON.parse(release?.taskDefinition.sealed ?? '')).toMatchObject({
      containerDefinitions: [{ environment: [{ name: 'PASSWORD', value: 's3cret "x"\n' }] }],
    });
    expect(release?.taskDefinition.secretFields).toEqual(['containerDefinitions.environment.value']);
    const rest = JSON.stringify({ ...release, taskDefinition: { ...release?.taskDefinition, sealed: '' } });
    expect(rest).not.toContain('s3cret');
  });

  it('of another value are another content', () => {
    const [one, two] = ['a', 'b'].map((plain) => parse(withSecret(QUOTED), { decrypt: decrypt(plain) }).release);
    expect(one?.taskDefinition.content).not.toBe(two?.taskDefinition.content);
  });

  it('make no release without a key, and what else is wrong is found', () => {
    const files = withSecret(QUOTED);
    expect(parse(files)).toMatchObject({ encrypted: true });
    expect(parse(files).release).toBeUndefined();
    const wrong = parse(withSecret('{{ .encryptedSecrets.pasword }}'));
    expect(wrong.encrypted).toBeUndefined();
    expect(wrong.findings).toContainEqual(
      expect.objectContaining({ level: 'error', file: TASK, line: expect.any(Number) as number }),
    );
  });

  it('that cannot be opened are told by their names', () => {
    const { release, findings } = parse(withSecret(QUOTED), {
      decrypt: () => {
        throw new Error('it was made for another key, or was changed');
      },
    });
    expect(release).toBeUndefined();
    expect(findings.at(-1)).toMatchObject({
      level: 'error',
      field: 'spec.encryption.encryptedSecrets.password',
      message: 'cannot be opened: it was made for another key, or was changed',
    });
  });

  it.each([
    ['a line more', '{{ .encryptedSecrets.password }}', 'x\n      - name: OTHER\n        value: y'],
    ['broken YAML', '"{{ .encryptedSecrets.password }}"', 'x" y'],
    ['a mapping', '{{ .encryptedSecrets.password }}', '{secret: 1}'],
    ['a field of the container', '{{ .encryptedSecrets.password }}', 'x\n    s3cretField: y'],
    ['another family', '{{ .encryptedSecrets.password }}', 'x\nfamily: s3cret'],
    ['the end of the document', '{{ .encryptedSecrets.password }}', 'x\n---\na: s3cret'],
  ])('that break out of their place are refused and not shown: %s', (_title, place, plain) => {
    const { release, findings } = parse(withSecret(place), { decrypt: decrypt(plain) });
    expect(release).toBeUndefined();
    expect(findings.at(-1)?.message).toContain('a secret breaks out of its place');
    expect(JSON.stringify(findings)).not.toContain('s3cret');
  });

  it.each<[string, Edit[], string]>([
    ['the image', [[TASK, 'image: ', 'image: "{{ .encryptedSecrets.password }}" # ']], 'image'],
    ['the family', [[TASK, 'family: ', 'family: "{{ .encryptedSecrets.password }}" # ']], 'taskDefinition.family'],
    [
      'the service',
      [
        [APP, 'decryptionTargets: [taskdef.yaml]', 'decryptionTargets: [servicedef.yaml]'],
        ['servicedef.yaml', 'cluster: ', 'cluster: "{{ .encryptedSecrets.password }}" # '],
      ],
      'service.cluster',
    ],
  ])('are refused in what everybody may read: %s', (_title, edits, field) => {
    for (const more of [{}, { decrypt: decrypt('s3cret') }]) {
      const { release, encrypted, findings } = parse(edited(SECRETS, ...edits), more);
      expect([release, encrypted]).toEqual([undefined, undefined]);
      expect(findings.at(-1)?.message).toMatch(new RegExp(`^a secret is put into (${field.replace('.', '\\.')}|\\w)`));
      expect(JSON.stringify(findings)).not.toContain('s3cret');
    }
  });

  it('hide what stands where they stand, whatever the field', () => {
    const command = "command: [run, '--key={{ .encryptedSecrets.password }}']";
    const files = edited(SECRETS, [TASK, 'command: null', command]);
    const { release } = parse(files, { decrypt: decrypt('k') });
    expect(release?.taskDefinition.secretFields).toEqual(['containerDefinitions.command']);
  });

  it('are in no other file than the targets', () => {
    const files = withSecret('"{{ .encryptedSecrets.password }}"', [
      APP,
      'decryptionTargets: [taskdef.yaml]',
      'decryptionTargets: [servicedef.yaml]',
    ]);
    const { release } = parse(files, { decrypt: decrypt('k') });
    expect(release?.taskDefinition.sealed).toContain('{{ .encryptedSecrets.password }}');
  });

  it.each<[string, string]>([
    ['decryptionTargets: []', 'must have at least one entry'],
    ['decryptionTargets: [../other.yaml]', '../other.yaml is outside of the application’s folder'],
    ['decryptionTargets: [/etc/passwd]', '/etc/passwd is outside of the application’s folder'],
    ['decryptionTargets: [none.yaml]', 'the file none.yaml is not among the files, or is longer than 512 KB'],
    ['decryptionTargets: [app.pipecd.yaml]', 'the application file itself is read before anything is put in'],
  ])('are refused with %s', (targets, message) => {
    const { findings } = parse(withSecret(QUOTED, [APP, 'decryptionTargets: [taskdef.yaml]', targets]));
    expect(findings).toContainEqual(expect.objectContaining({ level: 'error', file: APP, message }));
  });

  it('that are no ciphertext are told with their line', () => {
    const { findings } = parse(withSecret(QUOTED, [APP, 'cGFzcw==', 'in the clear']));
    expect(findings).toContainEqual(
      expect.objectContaining({
        field: 'spec.encryption.encryptedSecrets.password',
        line: expect.any(Number) as number,
        message: expect.stringContaining('must be what `sluice encrypt`') as string,
      }),
    );
  });
});

describe('attachments', () => {
  const ATTACHED: Edit = [
    APP,
    '  input:',
    '  attachment:\n    sources: {config: config/a.json}\n    targets: [./taskdef.yaml]\n  input:',
  ];
  const attached = (place: string): Record<string, string> => {
    const files = edited(ATTACHED);
    return {
      ...files,
      [TASK]: files[TASK].replace(IMAGE, (whole) => `${whole}${PLACE}${place}`),
      'config/a.json': '{"a": "1"}\n',
    };
  };

  it('stand in their targets, and need no key', () => {
    const { release, encrypted } = parse(attached('{{ .attachment.config | b64enc }}'));
    expect(encrypted).toBeUndefined();
    expect(release?.taskDefinition.secretFields).toBeUndefined();
    expect(JSON.parse(release?.taskDefinition.sealed ?? '')).toMatchObject({
      containerDefinitions: [{ environment: [{ name: 'PASSWORD', value: 'eyJhIjogIjEifQo=' }] }],
    });
  });

  it('whose source is missing are told where it is named', () => {
    const all = attached('{{ .attachment.config | b64enc }}');
    const { findings } = parse(Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'config/a.json')));
    expect(findings.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ file: APP, field: 'spec.attachment.sources.config' }),
    ]);
  });

  it('are fetched with the files that are deployed', () => {
    const { [APP]: app = '' } = attached('x');
    expect(filesNamedBy(app).files).toEqual(['servicedef.yaml', 'taskdef.yaml', 'config/a.json', './taskdef.yaml']);
  });
});
