import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Difference, PlanDocument } from '../../model/plan-preview.js';
import { ask } from '../api.js';
import { ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { PlanForm, type AskedPlan } from '../plan/plan-form.js';

/** What a deployment of these files would do now; nothing is changed. */
export function PlanPage(): JSX.Element {
  const [plan, setPlan] = useState<PlanDocument | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);

  const look = async (asked: AskedPlan): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setPlan(await ask<PlanDocument>('POST', '/plan', asked));
    } catch (failure) {
      setPlan(undefined);
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <>
      <header class="headline">
        <div class="title">
          <h1>Plan</h1>
        </div>
        <p>What a deployment would do now, compared with what runs in AWS. Nothing is changed.</p>
      </header>
      <PlanForm busy={busy} look={(asked) => void look(asked)} />
      <ProblemNote error={error} />
      {plan && <Plan plan={plan} />}
    </>
  );
}

function Plan({ plan }: { plan: PlanDocument }): JSX.Element {
  return (
    <section aria-labelledby="planned" class="planned">
      <h2 id="planned">{plan.plan.replaceAll('_', ' ').toLowerCase()}</h2>
      <p class="quiet">
        {plan.app}, {plan.version.image}
        {plan.version.commit !== undefined && (
          <>
            , commit <code>{plan.version.commit.slice(0, 10)}</code>
          </>
        )}
      </p>
      <p class={plan.plan === 'REFUSED' ? 'problem' : 'reason'}>{plan.reason}</p>
      {plan.stages.length > 0 && (
        <ol class="does">
          {plan.stages.map((stage) => (
            <li key={stage.id}>
              <strong>{stage.name}</strong>: {stage.does}
            </li>
          ))}
        </ol>
      )}
      <Differences name="Task definition" list={plan.taskDefinition} />
      <Differences name="Service" list={plan.service} />
      <List name="Calls to AWS" list={plan.changes} />
      {plan.analysis.length > 0 && (
        <>
          <h3>Analysis</h3>
          <ul>
            {plan.analysis.map((one) => (
              <li key={`${one.stage} ${one.metric}`}>
                <strong>{one.metric}</strong>: {one.windows} windows, first verdict after {one.firstVerdict}, the last
                after {one.lastVerdict}
                <pre class="query">{one.query}</pre>
              </li>
            ))}
          </ul>
        </>
      )}
      <List name="Warnings" list={plan.warnings} />
    </section>
  );
}

function List({ name, list }: { name: string; list: readonly string[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <>
      <h3>{name}</h3>
      <ul>
        {list.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </>
  );
}

function Differences({ name, list }: { name: string; list: readonly Difference[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <>
      <h3>{name}</h3>
      <Table label={`${name}: differences`} heads={['Field', 'Runs', 'Would be']}>
        {list.map((one) => (
          <tr key={one.path}>
            <td>
              <code>{one.path}</code>
            </td>
            <td>{one.from === undefined ? <span class="quiet">not there</span> : <del>{one.from}</del>}</td>
            <td>{one.to === undefined ? <span class="quiet">goes</span> : <ins>{one.to}</ins>}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}
