import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import { address } from './address.js';
import { findSession, logOut, session } from './api.js';
import { forgetApplications, watchApplications } from './applications.js';
import { lazily } from './lazily.js';
import { Link } from './link.js';
import { Login } from './login.js';
import { ApplicationPage } from './pages/application.js';
import { ApplicationsPage } from './pages/applications.js';
import { DeploymentPage } from './pages/deployment.js';
import { DeploymentsPage } from './pages/deployments.js';
import { InsightsPage } from './pages/insights.js';
import { PlanPage } from './pages/plan.js';
import { RepositoriesPage } from './pages/repositories.js';
import { changeTheme, theme } from './theme.js';

/** With the judge, which nobody needs who only watches. */
const RetrospectivePage = lazily(async () => (await import('./pages/retrospective.js')).RetrospectivePage);

const TRY_AGAIN_MS = 2_000;

/** The page: who is there, where they are, and what stands there. */
export function App(): JSX.Element {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      // The server is away: the page stays, and looks again.
      findSession().catch(() => (timer = setTimeout(look, TRY_AGAIN_MS)));
    };
    look();
    return () => clearTimeout(timer);
  }, []);
  const who = session.value;
  useEffect(() => {
    if (who) watchApplications();
    else forgetApplications();
  }, [who]);
  if (who === undefined) return <p class="alone quiet">Connecting to the server…</p>;
  if (who === null) return <Login />;
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <Link to="/" class="brand" title="Applications">
          Sluice
        </Link>
        <nav aria-label="Pages">
          <Link to="/">Applications</Link>
          <Link to="/deployments">Deployments</Link>
          <Link to="/plan">Plan</Link>
          <Link to="/repositories">Repositories</Link>
          <Link to="/insights">Insights</Link>
        </nav>
        <div class="who">
          <button
            type="button"
            class="quiet-button"
            onClick={changeTheme}
            title="Colours: follow the system, light, dark"
          >
            Colours: {theme.value}
          </button>
          <span class="quiet">
            {who.name} <span class="role">({who.role})</span>
          </span>
          <button type="button" class="quiet-button" onClick={() => void logOut()}>
            Log out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Shown path={address.value.pathname} />
      </main>
    </>
  );
}

function Shown({ path }: { path: string }): JSX.Element {
  const [, kind, name, part] = path.split('/').map(decodeURIComponent);
  useEffect(() => {
    document.title = [part, name ?? kind, 'Sluice'].filter(Boolean).join(' · ');
  }, [kind, name, part]);
  if (kind === 'deployments' && name && part === 'retrospective') return <RetrospectivePage key={name} id={name} />;
  if (kind === 'deployments' && name) return <DeploymentPage key={name} id={name} />;
  if (kind === 'deployments') return <DeploymentsPage />;
  if (kind === 'applications' && name) return <ApplicationPage key={name} app={name} />;
  if (kind === 'plan') return <PlanPage />;
  if (kind === 'insights') return <InsightsPage />;
  if (kind === 'repositories') return <RepositoriesPage />;
  return <ApplicationsPage />;
}
