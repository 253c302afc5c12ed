import { describe, expect, it } from 'vitest';
import { checkPlain } from '../../document/check.js';
import {
  CancelControl,
  Control,
  Hold,
  ListDeployments,
  RollbackApplication,
  StartDeployment,
} from '../../spec/http.js';

const files = { 'app.pipecd.yaml': 'kind: ECSApp' };

describe('the body of a start', () => {
  it('needs the files alone', () => {
    expect(checkPlain(StartDeployment, { files }).value).toEqual({ files, strategy: 'AUTO', adopt: false });
  });

  it('takes all that the contract names', () => {
    const body = {
      files,
      image: { web: 'web:2' },
      commit: { hash: 'abc', message: 'm', author: 'a', url: 'https://example.com/abc' },
      strategy: 'PIPELINE',
      platformProvider: 'tokyo',
      adopt: true,
    };
    expect(checkPlain(StartDeployment, body).value).toEqual(body);
    expect(checkPlain(StartDeployment, { files, image: 'web:2' }).value).toMatchObject({ image: 'web:2' });
  });

  it.each<[unknown, string | undefined, string]>([
    [{}, 'files', 'send either the files, or git: where they are to be read from'],
    [undefined, undefined, 'is missing'],
    [{ files: [] }, 'files', 'must be a map, not a list'],
    [{ files: { a: 1 } }, 'files.a', 'must be a string, not 1'],
    [
      { files, git: { repoId: 'x', path: 'web' } },
      'files',
      'send either the files, or git: where they are to be read from',
    ],
    [{ git: { repoId: 'x' } }, 'git.path', 'is missing'],
    [{ git: { repoId: 'x', path: 'web', ref: '--upload-pack=x' } }, 'git.ref', 'must be a branch, a tag or a commit'],
    [{ files, image: 4 }, 'image', 'must be an image, or a map of container names to images'],
    [{ files, strategy: 'FAST' }, 'strategy', 'must be "AUTO" or "QUICK_SYNC" or "PIPELINE", not "FAST"'],
    [{ files, commit: { hash: 'a', url: 'javascript:alert(1)' } }, 'commit.url', 'must be an http or https address'],
    [{ files, commit: {} }, 'commit.hash', 'is missing'],
    [{ files, imaje: 'x' }, 'imaje', '"imaje" is not a known field here'],
  ])('%j is refused at %s', (body, field, message) => {
    const { value, findings } = checkPlain(StartDeployment, body);
    expect(value).toBeUndefined();
    expect(findings[0]).toMatchObject({ level: 'error', ...(field && { field }), message });
  });

  it('says which field was meant', () => {
    expect(checkPlain(StartDeployment, { files, imaje: 'x' }).findings).toMatchObject([
      { fix: 'Did you mean "image"?' },
    ]);
  });
});

describe('controls', () => {
  it.each([Control, CancelControl, Hold])('need a reason', (schema) => {
    expect(checkPlain(schema, { reason: ' because ' }).value).toEqual({ reason: 'because' });
    expect(checkPlain(schema, {}).findings).toMatchObject([{ field: 'reason', message: 'is missing' }]);
    expect(checkPlain(schema, { reason: '  ' }).findings).toMatchObject([{ message: 'must not be empty' }]);
    expect(checkPlain(schema, { reason: 'x'.repeat(1001) }).findings).toMatchObject([
      { message: 'must be at most 1000 characters' },
    ]);
  });

  it('only cancel says whether to roll back', () => {
    expect(checkPlain(CancelControl, { reason: 'r', rollback: false }).value).toEqual({ reason: 'r', rollback: false });
    expect(checkPlain(Control, { reason: 'r', rollback: false }).findings).toMatchObject([{ field: 'rollback' }]);
  });

  it('a rollback of an application names a deployment or nothing', () => {
    expect(checkPlain(RollbackApplication, {}).value).toEqual({});
    expect(checkPlain(RollbackApplication, { to: 'web-7' }).value).toEqual({ to: 'web-7' });
    expect(checkPlain(RollbackApplication, { to: 'web' }).findings).toMatchObject([{ field: 'to' }]);
  });
});

describe('the query of a list', () => {
  it('has defaults, and reads text', () => {
    expect(checkPlain(ListDeployments, {}).value).toEqual({ limit: 50 });
    expect(
      checkPlain(ListDeployments, { app: 'web', status: 'RUNNING,PAUSED', limit: '7', cursor: 'x' }).value,
    ).toEqual({
      app: 'web',
      status: ['RUNNING', 'PAUSED'],
      limit: 7,
      cursor: 'x',
    });
  });

  it.each([
    [{ limit: 'many' }, 'limit'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '201' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ status: 'RUNING' }, 'status'],
    [{ app: 'Web' }, 'app'],
    [{ page: '2' }, 'page'],
  ])('%j is refused', (query, field) => {
    expect(checkPlain(ListDeployments, query).findings[0]!.field).toMatch(new RegExp(`^${field}`));
  });
});
