import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyDue } from '../../activities/repository/is-due.js';
import { MINUTE } from '../../model/duration.js';
import { isMeantBy, pathPattern } from '../../model/path-pattern.js';
import { planDeployment } from '../../model/plan.js';
import type { Trigger } from '../../model/trigger.js';
import { readApplicationHead } from '../../spec/application-head.js';
import { release } from '../support/release.js';
import { edited, errors, parse } from './support.js';

const withSpec = (lines: string) => edited(['app.pipecd.yaml', '  name: canary', `  name: canary\n${lines}`]);
const headOf = (lines: string) => readApplicationHead('app.pipecd.yaml', withSpec(lines)['app.pipecd.yaml']);

describe('the triggers of an application file', () => {
  it('are PipeCD’s where nothing is written', () => {
    expect(headOf('').trigger).toEqual({
      onCommit: { disabled: false, paths: [], ignores: [] },
      onCommand: { disabled: false },
      onOutOfSync: { disabled: true, minWindow: 5 * MINUTE },
      onChain: { disabled: true },
    });
  });

  it('are read', () => {
    const lines =
      '  trigger:\n    onCommit: {paths: [libs/**], ignores: ["*.md"]}\n    onCommand: {disabled: true}\n    onOutOfSync: {disabled: false, minWindow: 1h}';
    expect(headOf(lines).trigger).toMatchObject({
      onCommit: { paths: ['libs/**'], ignores: ['*.md'] },
      onCommand: { disabled: true },
      onOutOfSync: { disabled: false, minWindow: 60 * MINUTE },
    });
    expect(parse(withSpec(lines)).release).toMatchObject({ noCommands: true });
  });

  it('come with the labels of the application, and with those whom it wants called', () => {
    const lines = '  notification: {mentions: [{event: "*", slackUsers: [U1]}]}';
    expect(headOf(lines).audience).toMatchObject({ mentions: [{ event: '*', users: ['U1'], groups: [] }] });
    expect(headOf('').audience).toHaveProperty('labels');
    expect(headOf('').audience).not.toHaveProperty('mentions');
  });

  it('are refused where a pattern or an expression is none', () => {
    const patterns = errors(parse(withSpec('  trigger: {onCommit: {paths: ["libs/[", ok]}}')));
    expect(patterns).toMatchObject([{ field: 'spec.trigger.onCommit.paths[0]' }]);
    const matcher = errors(parse(withSpec('  commitMatcher: {quickSync: "^(hotfix"}')));
    expect(matcher).toMatchObject([{ field: 'spec.commitMatcher.quickSync' }]);
  });

  it.each(['(a+)+$', '(.*,)*x', '(a|a)+$', '((ab)?c*)+', '(a{1,9}){9}', '.*a.*b.*c.*d', '([)]+)+', '(\\w+ )*x'])(
    'refuse the expression %s, over which a workflow would stand still',
    (expression) => {
      const matcher = errors(parse(withSpec(`  commitMatcher: {quickSync: '${expression}'}`)));
      expect(matcher).toMatchObject([
        { field: 'spec.commitMatcher.quickSync', message: expect.stringContaining('could take for ever') as string },
      ]);
    },
  );

  it.each([
    '^hotfix:',
    '^(feat|fix)(\\(.*\\))?!?: .+',
    '[a-z+*]{3}',
    '(abc){2}',
    '\\[skip( |-)pipeline\\]',
    '^\\w+-\\d+',
  ])('take the expression %s', (expression) => {
    const { release } = parse(withSpec(`  commitMatcher: {quickSync: '${expression}'}`));
    expect(release?.commitMatcher).toEqual({ quickSync: expression });
  });

  it('refuse a pattern for paths over which a worker would stand still', () => {
    const lines = '  trigger: {onCommit: {paths: ["(a+)+", "**/a/**/*.(md|txt)", "**/*/**/*/**/x"]}}';
    expect(errors(parse(withSpec(lines)))).toMatchObject([{ field: 'spec.trigger.onCommit.paths[0]' }]);
  });

  it('want a name that can stand in an address', () => {
    const text = withSpec('')['app.pipecd.yaml'];
    expect(readApplicationHead('a.yaml', text.replace('name: canary', 'name: Canary App')).findings).toMatchObject([
      { level: 'error', field: 'spec.name', line: expect.any(Number) as number },
    ]);
    expect(readApplicationHead('a.yaml', text.replace('  name: canary\n', '')).findings).toMatchObject([
      { level: 'error', field: 'spec', message: 'spec.name is missing' },
    ]);
  });
});

describe('a pattern over paths', () => {
  it.each([
    ['libs', 'libs/a/b.ts', true],
    ['libs', 'libs2/a', false],
    ['libs/*', 'libs/a', true],
    ['libs/*', 'libs/a/b', true],
    ['libs/*.ts', 'libs/a/b.ts', false],
    ['libs/**/*.ts', 'libs/a/b/c.ts', true],
    ['libs/**/*.ts', 'libs/c.ts', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['**/*.md', 'docs/README.md', true],
    ['**', 'anything/at/all', true],
    ['./libs/', 'libs/x', true],
    ['web.(yaml|json)', 'web.json', true],
    ['a.b', 'axb', false],
    ['a\\*', 'a*', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
  ])('%s means %s: %s', (pattern, path, meant) => {
    expect(isMeantBy([pattern], path)).toBe(meant);
  });

  it('takes out again what stands behind a !', () => {
    expect(isMeantBy(['docs', '!docs/api'], 'docs/a')).toBe(true);
    expect(isMeantBy(['docs', '!docs/api'], 'docs/api/a')).toBe(false);
    expect(isMeantBy(['!docs/api', 'docs'], 'docs/api/a')).toBe(true);
  });

  it('means a file by its own name, and never throws', () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,8}(\/[a-z0-9_-]{1,8}){0,3}$/);
    fc.assert(fc.property(name, (path) => isMeantBy([path], path)));
    fc.assert(
      fc.property(fc.string(), name, (pattern, path) => {
        pathPattern(pattern);
        isMeantBy([pattern], path);
      }),
    );
  });
});

describe('whether changed paths deploy an application', () => {
  const trigger = (onCommit: Partial<Trigger['onCommit']> = {}): Trigger => ({
    onCommit: { disabled: false, paths: [], ignores: [], ...onCommit },
    onCommand: { disabled: false },
    onOutOfSync: { disabled: true, minWindow: 0 },
    onChain: { disabled: true },
  });
  const FILE = 'apps/web/app.pipecd.yaml';

  it.each([
    ['its folder', {}, ['apps/web/taskdef.yaml'], true],
    ['deeper in its folder', {}, ['apps/web/a/b'], true],
    ['a folder of a like name', {}, ['apps/web2/a'], false],
    ['elsewhere', {}, ['README.md'], false],
    ['elsewhere, among its paths', { paths: ['libs/**'] }, ['libs/x/y'], true],
    ['its folder, and one of what it ignores', { ignores: ['**/*.md'] }, ['apps/web/a', 'docs/b.md'], false],
    ['what it ignores alone', { ignores: ['apps/web/docs'] }, ['apps/web/docs/a'], false],
    ['its folder, when commits do not deploy it', { disabled: true }, ['apps/web/a'], false],
    ['nothing', {}, [], false],
  ])('%s', (_what, onCommit, changed, due) => {
    expect(whyDue(trigger(onCommit), FILE, changed) !== undefined).toBe(due);
  });

  it('takes all of a repository for an application at its root, and says what changed', () => {
    expect(whyDue(trigger(), 'app.pipecd.yaml', ['a', 'b', 'c', 'd'])).toBe('Changed: a, b, c and 1 more.');
  });
});

describe('commitMatcher', () => {
  const found = { problems: [], warnings: [], firstDeployment: false, unchanged: false, peakTasks: 1, log: [] };
  const plan = (message: string | undefined, over = {}) =>
    planDeployment(
      release({ commitMatcher: { pipeline: '^feat', quickSync: '^(hotfix|feat!)' }, ...over }),
      'AUTO',
      found,
      message,
    ).kind;

  it.each([
    ['hotfix: now', 'QUICK_SYNC'],
    ['feat!: both', 'PIPELINE'],
    ['docs: words', 'PIPELINE'],
    [undefined, 'PIPELINE'],
  ])('%s', (message, kind) => {
    expect(plan(message)).toBe(kind);
  });

  it('yields to alwaysUsePipeline, to what is asked for, and to nothing having changed', () => {
    expect(plan('hotfix: now', { alwaysUsePipeline: true })).toBe('PIPELINE');
    expect(planDeployment(release({ commitMatcher: { quickSync: '.' } }), 'PIPELINE', found, 'x').kind).toBe(
      'PIPELINE',
    );
    const unchanged = { ...found, unchanged: true };
    expect(planDeployment(release({ commitMatcher: { pipeline: '.' } }), 'AUTO', unchanged, 'x').kind).toBe(
      'NOTHING_TO_DO',
    );
  });
});
