import type { JSX } from 'preact';
import type { StageDocument } from '../../model/wire.js';
import { now } from '../clock.js';
import { length, stageName, time } from '../format.js';
import { markOf, Status, toneOf } from '../status.js';
import { Table } from '../parts/table.js';

/** How long a stage took, or has left. */
function timing(stage: StageDocument, at: number): string {
  if (stage.startedAt === undefined) return '';
  const began = Date.parse(stage.startedAt);
  if (stage.completedAt !== undefined) return length(Date.parse(stage.completedAt) - began);
  if (stage.expectedEndAt === undefined) return `for ${length(at - began)}`;
  const left = Date.parse(stage.expectedEndAt) - at;
  if (left <= 0) return `for ${length(at - began)}`;
  return stage.name === 'WAIT_APPROVAL' ? `gives up in ${length(left)}` : `${length(left)} left`;
}

/** How far a running stage is, 0 to 1; undefined where its end is not known. */
function progress({ startedAt, completedAt, expectedEndAt }: StageDocument, at: number): number | undefined {
  if (startedAt === undefined || expectedEndAt === undefined || completedAt !== undefined) return undefined;
  const began = Date.parse(startedAt);
  const share = (at - began) / Math.max(1, Date.parse(expectedEndAt) - began);
  return Math.min(1, Math.max(0, share));
}

/** The pipeline as a line of stages. */
export function Stages({ stages }: { stages: readonly StageDocument[] }): JSX.Element | null {
  if (stages.length === 0) return null;
  return (
    <section aria-labelledby="stages">
      <h2 id="stages">Pipeline</h2>
      <ol class="stages">
        {stages.map((stage) => {
          const share = progress(stage, now.value);
          const running = stage.status === 'RUNNING';
          return (
            <li key={stage.id} class={toneOf(stage.status)} {...(running && { 'aria-current': 'step' as const })}>
              <span class="mark" aria-hidden="true">
                {markOf(stage.status)}
              </span>
              <span class="name" title={`${stage.name} (${stage.id})`}>
                {stageName(stage.name)}
              </span>
              <span class="quiet state">
                <span class="spoken">{stage.status} </span>
                {timing(stage, now.value)}
              </span>
              {share !== undefined && <progress value={share} max={1} aria-label={`${stageName(stage.name)}: time`} />}
            </li>
          );
        })}
      </ol>
      <StageTable stages={stages.filter(({ status }) => status !== 'NOT_STARTED')} />
    </section>
  );
}

/** Why it ended so, and what it did, where that is not the same. */
function wordsOf({ reason, detail }: StageDocument): string {
  return [...new Set([reason, detail])].filter((words) => words !== undefined && words !== '').join(' — ');
}

function StageTable({ stages }: { stages: readonly StageDocument[] }): JSX.Element {
  return (
    <Table label="What the stages did" heads={['Stage', 'State', 'Began', 'What it did']}>
      {stages.map((stage) => (
        <tr key={stage.id}>
          <td>{stageName(stage.name)}</td>
          <td>
            <Status status={stage.status} />
          </td>
          <td class="number">{stage.startedAt === undefined ? '' : time(stage.startedAt)}</td>
          <td>{wordsOf(stage)}</td>
        </tr>
      ))}
    </Table>
  );
}
