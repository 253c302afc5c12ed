import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Insight, InsightsDocument, Spread } from '../../model/insights.js';
import { query, setQuery } from '../address.js';
import { ask } from '../api.js';
import { length, value } from '../format.js';
import { Link } from '../link.js';
import { ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';

const PERIODS = ['7', '30', '90'];
const DEFAULT_PERIOD = '30';

/** How often, how fast and how well is deployed, by application or by the values of a label. */
export function InsightsPage(): JSX.Element {
  const days = query.value.get('days') ?? DEFAULT_PERIOD;
  const label = query.value.get('label') ?? '';
  const [found, setFound] = useState<InsightsDocument | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    let current = true;
    const asked = new URLSearchParams({ days, ...(label !== '' && { label }) });
    ask<InsightsDocument>('GET', `/insights?${asked.toString()}`).then(
      (answer) => current && (setFound(answer), setError(undefined)),
      (failure: unknown) => current && setError(failure),
    );
    return () => {
      current = false;
    };
  }, [days, label]);
  const whole = found?.groups.find(({ group }) => group === 'all');
  const parts = found?.groups.filter(({ group }) => group !== 'all') ?? [];
  return (
    <>
      <header class="headline">
        <div class="title">
          <h1>Insights</h1>
        </div>
        <div class="filters">
          <label>
            Days{' '}
            <select value={days} onChange={(event) => setQuery('days', event.currentTarget.value)}>
              {PERIODS.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
          <label>
            By label{' '}
            <input
              value={label}
              placeholder="application"
              onChange={(event) => setQuery('label', event.currentTarget.value.trim())}
            />
          </label>
        </div>
      </header>
      <ProblemNote error={error} />
      {found?.groups.length === 0 && <p class="quiet">No deployment came to its end in these days.</p>}
      {whole && (
        <section aria-labelledby="measures">
          <h2 id="measures">Measures</h2>
          <Table
            label="Measures of delivery"
            heads={[
              label === '' ? 'Application' : label,
              'Changes',
              'Per day',
              'Bad',
              'Lead time',
              'Restored',
              'By day',
            ]}
          >
            <Row insight={whole} name="All" />
            {parts.map((one) => (
              <Row
                key={one.group}
                insight={one}
                name={label === '' ? <Link to={`/applications/${one.group}`}>{one.group}</Link> : one.group}
              />
            ))}
          </Table>
          <p class="quiet">
            A change is bad that was rolled back, failed, or was taken back afterwards. Lead time: from the request to
            all of the traffic. Restored: from a bad change’s beginning to its rollback’s end. Of what Temporal still
            keeps
            {found?.truncated && ', the newest 5,000'}.
          </p>
        </section>
      )}
    </>
  );
}

function Row({ insight, name }: { insight: Insight; name: JSX.Element | string }): JSX.Element {
  const { changes, bad, failureRate, perDay, lead, restore, days } = insight;
  return (
    <tr>
      <td>{name}</td>
      <td>{changes}</td>
      <td>{value(perDay)}</td>
      <td>{failureRate === undefined ? '–' : `${bad} (${Math.round(failureRate * 100)} %)`}</td>
      <td>{spread(lead)}</td>
      <td>{spread(restore)}</td>
      <td>
        <Days days={days} />
      </td>
    </tr>
  );
}

function spread(found: Spread | undefined): JSX.Element | string {
  if (!found) return '–';
  return (
    <>
      {length(found.median * 1_000)} <span class="quiet">90 %: {length(found.p90 * 1_000)}</span>
    </>
  );
}

/** A bar for each day: the good below, the bad above. */
function Days({ days }: { days: Insight['days'] }): JSX.Element {
  const most = Math.max(1, ...days.map(({ good, bad }) => good + bad));
  const told = days
    .filter(({ good, bad }) => good + bad > 0)
    .map(({ day, good, bad }) => `${day}: ${good} good, ${bad} bad`);
  const width = 100 / days.length;
  return (
    <svg class="days" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={told.join('; ')}>
      {days.map(({ day, good, bad }, i) => {
        const [low, high] = [(good / most) * 24, (bad / most) * 24];
        return (
          <g key={day}>
            <rect class="good" x={i * width} width={width * 0.8} y={24 - low} height={low} />
            <rect class="bad" x={i * width} width={width * 0.8} y={24 - low - high} height={high} />
          </g>
        );
      })}
    </svg>
  );
}
