import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

/** The folders of the house: those that are compiled, and the rest. */
const { include } = JSON.parse(readFileSync(new URL('tsconfig.build.json', import.meta.url), 'utf8'));
const FOLDERS = [...include, 'test', 'bench', 'web'];

/**
 * The house's arrows: what each folder may import of the others. `types` may be imported as types alone.
 * `only` (where given) lists the packages a folder may use; Node's own modules are allowed unless `pure`.
 */
const ARROWS = {
  model: { folders: [], pure: true, only: [] },
  analysis: { folders: ['model'], pure: true, only: [] },
  document: { folders: ['model'] },
  spec: { folders: ['model', 'document'] },
  config: { folders: ['model', 'document'] },
  workflows: {
    folders: ['model', 'analysis'],
    types: ['activities'],
    pure: true,
    only: ['@temporalio/workflow', '@temporalio/common'],
  },
  // Both those who write the archive and those who read a deployment's records.
  records: { folders: ['model'], files: ['workflows/search-attributes'] },
  // Of spec for what is read from git, which no other process may.
  activities: { folders: ['model', 'analysis', 'config', 'spec', 'records'], types: ['workflows'] },
  worker: { folders: ['model', 'activities', 'config'], files: ['workflows/search-attributes'] },
  api: {
    folders: ['model', 'spec', 'config', 'records'],
    files: ['workflows/messages', 'workflows/search-attributes'],
  },
  cli: { folders: ['model', 'document', 'spec', 'analysis', 'config'] },
  sandbox: { folders: [] },
  // Judging a past deployment again is pure: the page does it itself. Of spec the small schema of what it judges with.
  web: { folders: ['model', 'analysis'], files: ['spec/stored-metric'] },
};

/** The one file of the command line that reads AWS, with the credentials of the person who runs it. */
const READS_AWS = 'cli/init/running-service.ts';

const SDKS = ['@aws-sdk/*', '@datadog/*', '@temporalio/worker', '@temporalio/activity'];

function arrows(
  folder,
  { folders, types = [], files = [], pure = false, only },
  withoutSdks = ['spec', 'cli', 'api', 'records'].includes(folder),
) {
  const forbidden = FOLDERS.filter((other) => other !== folder && !folders.includes(other));
  const patterns = forbidden.map((other) => ({
    regex: `^(\\.\\./)+${other}/${files.length ? `(?!(${files.map((f) => f.replace(`${other}/`, '')).join('|')})\\.js$)` : ''}`,
    message: `${folder}/ may not import ${other}/ (see the table in CONTRIBUTING.md).`,
    allowTypeImports: types.includes(other),
  }));
  if (only) {
    const names = only.map((name) => name.replace('/', '\\/')).join('|');
    patterns.push({
      regex: only.length ? `^(?!\\.|(${names})$)` : '^(?!\\.)',
      message: `${folder}/ uses no package${only.length ? ` but ${only.join(', ')}` : ''}.`,
    });
  }
  if (withoutSdks) {
    patterns.push({ group: SDKS, message: `${folder}/ holds no AWS right, no provider secret and no worker.` });
  }
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
      ...(pure && {
        'no-restricted-globals': ['error', 'process', 'fetch', 'Buffer', 'setInterval'],
      }),
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.tools/', '.sluice/', 'coverage/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'ExportAllDeclaration', message: 'No barrel files.' },
      ],
    },
  },
  ...Object.entries(ARROWS).map(([folder, arrow]) => arrows(folder, arrow)),
  { ...arrows('cli', ARROWS.cli, false), files: [READS_AWS] },
  {
    // Only the configuration reads the environment; the sandbox is a program of its own.
    files: ['{model,analysis,document,spec,workflows,records,activities,worker,api,cli}/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config/ reads the environment.' },
      ],
    },
  },
  {
    // State that lives in a workflow module is shared between workflows: keep it in the workflow function.
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: builtinModules.flatMap((m) => [m, `node:${m}`]) }],
      'no-restricted-syntax': [
        'error',
        { selector: 'Program > VariableDeclaration[kind="let"]', message: 'No module-level state in workflow files.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
    },
  },
  {
    files: ['vitest.config.ts', '**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
