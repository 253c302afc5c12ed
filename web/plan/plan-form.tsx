import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { RepositoryDocument, RepositoryList } from '../../model/wire.js';
import { ask } from '../api.js';

/** What `POST /plan` takes. */
export interface AskedPlan {
  app: string;
  image?: string;
  files?: Record<string, string>;
  git?: { repoId: string; path: string; ref?: string };
}

/** Asks what is to be planned: files of one's own, or a commit of a configured repository. */
export function PlanForm({ busy, look }: { busy: boolean; look: (asked: AskedPlan) => void }): JSX.Element {
  const [files, setFiles] = useState<Record<string, string>>({});
  const [repositories, setRepositories] = useState<readonly RepositoryDocument[]>([]);
  const [fromGit, setFromGit] = useState(false);
  const [git, setGit] = useState({ repoId: '', path: '', ref: '' });
  const [app, setApp] = useState('');
  const [image, setImage] = useState('');
  useEffect(() => {
    // Without them there are the files.
    ask<RepositoryList>('GET', '/repositories').then(
      (seen) => setRepositories(seen.repositories),
      () => undefined,
    );
  }, []);
  const chosen = repositories.find(({ repoId }) => repoId === git.repoId) ?? repositories[0];
  const known = fromGit ? chosen?.applications.find(({ path }) => path === git.path)?.app : undefined;
  const named = app || (known ?? '');

  const take = async (list: FileList | null): Promise<void> => {
    const read = await Promise.all([...(list ?? [])].map(async (file) => [file.name, await file.text()] as const));
    setFiles(Object.fromEntries(read));
    const named = read.map(([, text]) => /^ {2}name: *["']?([a-z0-9-]+)/m.exec(text)?.[1]).find(Boolean);
    if (named !== undefined && app === '') setApp(named);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const ref = git.ref.trim();
    look({
      app: named,
      ...(fromGit && chosen
        ? { git: { repoId: chosen.repoId, path: git.path.trim(), ...(ref !== '' && { ref }) } }
        : { files }),
      ...(image.trim() !== '' && { image: image.trim() }),
    });
  };
  return (
    <form class="plan" onSubmit={submit}>
      {chosen && (
        <fieldset>
          <legend>From</legend>
          {(['files', 'a commit'] as const).map((source) => (
            <label key={source}>
              <input
                type="radio"
                name="source"
                checked={fromGit === (source === 'a commit')}
                onChange={() => setFromGit(source === 'a commit')}
              />{' '}
              {source}
            </label>
          ))}
        </fieldset>
      )}
      {fromGit && chosen ? (
        <>
          <label>
            Repository
            <select
              name="repository"
              value={chosen.repoId}
              onChange={(event) => setGit({ ...git, repoId: event.currentTarget.value, path: '' })}
            >
              {repositories.map(({ repoId }) => (
                <option key={repoId} value={repoId}>
                  {repoId}
                </option>
              ))}
            </select>
          </label>
          <label>
            Path <span class="quiet">of the application file or its folder</span>
            <input
              name="path"
              required
              list="paths"
              value={git.path}
              onInput={(event) => setGit({ ...git, path: event.currentTarget.value })}
            />
            <datalist id="paths">
              {chosen.applications.map(({ path, app: name }) => (
                <option key={path} value={path}>
                  {name}
                </option>
              ))}
            </datalist>
          </label>
          <label>
            Branch, tag or commit <span class="quiet">(optional)</span>
            <input
              name="ref"
              placeholder={chosen.branch}
              value={git.ref}
              onInput={(event) => setGit({ ...git, ref: event.currentTarget.value })}
            />
          </label>
        </>
      ) : (
        <label>
          Files <span class="quiet">app.pipecd.yaml, the service and the task definition</span>
          <input type="file" multiple required onChange={(event) => void take(event.currentTarget.files)} />
        </label>
      )}
      <label>
        Application
        <input
          name="app"
          required
          pattern="[a-z0-9][a-z0-9\-]{0,62}"
          value={named}
          onInput={(event) => setApp(event.currentTarget.value)}
        />
      </label>
      <label>
        Image <span class="quiet">(optional)</span>
        <input name="image" value={image} onInput={(event) => setImage(event.currentTarget.value)} />
      </label>
      <button type="submit" class="main" disabled={busy}>
        {busy ? 'Looking…' : 'Look'}
      </button>
    </form>
  );
}
