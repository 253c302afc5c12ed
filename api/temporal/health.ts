import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { DAY, MINUTE, SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import type { DoctorReport } from '../../model/wire.js';
import { TASK_QUEUE } from '../../model/workflow-id.js';
import { answers } from './call.js';

type Check = DoctorReport['checks'][number];

const PROBE: Millis = 2 * SECOND;
/** The worker asks AWS and every metrics provider, each within a few seconds. */
const EXAMINATION: Millis = 60 * SECOND;
/** A worker's poll is renewed after a minute at the latest; an older one belongs to a worker that is gone. */
const POLLED_WITHIN: Millis = 70 * SECOND;
/** Update-with-Start is generally available from here on. */
const OLDEST_SERVER = { major: 1, minor: 28 };
/** Below this, evidence goes before people have asked for it. The embedded server is set to 90 days. */
const RETENTION: Millis = 7 * DAY;
/** Window edges and token expiry bear this much. */
const SKEW: Millis = 5 * SECOND;

/** Whether a deployment that is asked for now would begin: Temporal answers, and a worker has polled the queue of late. */
export async function readiness(client: Client): Promise<{ ready: boolean; detail: string }> {
  if (!(await answers(client, PROBE))) return { ready: false, detail: 'Temporal does not answer.' };
  const polled = await lastPoll(client);
  if (polled === undefined) return { ready: false, detail: `No worker polls the task queue ${TASK_QUEUE}.` };
  return { ready: true, detail: 'Temporal answers, and a worker polls.' };
}

/** Epoch ms of the newest poll by a worker that still counts as there. */
async function lastPoll(client: Client): Promise<number | undefined> {
  const queue = await client.withDeadline(Date.now() + PROBE, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: TASK_QUEUE },
    }),
  );
  const polls = queue.pollers.map((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * SECOND);
  const newest = Math.max(0, ...polls);
  return newest >= Date.now() - POLLED_WITHIN ? newest : undefined;
}

/** Looks at Temporal from here, and has the worker look at the rest. Answers even when all of it is away: that is what it is for. */
export async function doctor(client: Client): Promise<DoctorReport> {
  if (!(await answers(client, PROBE))) {
    return {
      checks: [
        {
          name: 'Temporal',
          ok: false,
          detail: 'It does not answer.',
          fix: 'Check TEMPORAL_ADDRESS and that the server runs; `sluice up` starts one.',
        },
      ],
    };
  }
  const checks = await Promise.all([
    told('Temporal', () => version(client)),
    told('Retention', () => retention(client)),
  ]);
  return { checks: [...checks, ...(await examination(client))] };
}

/** A look that fails is a line of the report, not the end of it. */
async function told(name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, ok: null, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function version(client: Client): Promise<Omit<Check, 'name'>> {
  const { serverVersion } = await client.withDeadline(Date.now() + PROBE, () =>
    client.workflowService.getSystemInfo({}),
  );
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(serverVersion) ?? [];
  const detail = `Server ${serverVersion}, namespace ${client.options.namespace}.`;
  if (major === undefined) return { ok: null, detail };
  const able = Number(major) > OLDEST_SERVER.major || Number(minor) >= OLDEST_SERVER.minor;
  return {
    ok: able,
    detail,
    ...(!able && {
      fix: `Sluice needs Update-with-Start: use Temporal ${OLDEST_SERVER.major}.${OLDEST_SERVER.minor} or newer.`,
    }),
  };
}

async function retention(client: Client): Promise<Omit<Check, 'name'>> {
  const described = await client.withDeadline(Date.now() + PROBE, () =>
    client.workflowService.describeNamespace({ namespace: client.options.namespace }),
  );
  const kept = Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) * SECOND;
  const days = Math.floor(kept / DAY);
  return {
    ok: kept >= RETENTION,
    detail: `Ended deployments stay readable in Temporal for ${days} ${days === 1 ? 'day' : 'days'}.`,
    ...(kept < RETENTION && {
      fix: `temporal operator namespace update --retention 90d --namespace ${client.options.namespace}`,
    }),
  };
}

/** Runs the workflow `doctor`; its start, stamped by the server, also shows how far our clocks are apart. */
async function examination(client: Client): Promise<Check[]> {
  const before = Date.now();
  const handle = await client.withDeadline(before + PROBE, () =>
    client.workflow.start<() => Promise<DoctorReport>>('doctor', {
      workflowId: `doctor:${randomUUID()}`,
      taskQueue: TASK_QUEUE,
      workflowExecutionTimeout: 2 * MINUTE,
      staticSummary: 'Looks at credentials, permissions and metrics providers',
    }),
  );
  const after = Date.now();
  const clock = await told('Clock of Temporal', async () => {
    const { startTime } = await client.withDeadline(Date.now() + PROBE, () => handle.describe());
    return skew(startTime.getTime(), before, after);
  });
  try {
    const report = await client.withDeadline(Date.now() + EXAMINATION, () => handle.result());
    return [clock, { name: 'Worker', ok: true, detail: 'It answers.' }, ...report.checks];
  } catch {
    await handle.terminate('Nobody waits for it any more.').catch(() => undefined);
    return [
      clock,
      {
        name: 'Worker',
        ok: false,
        detail: `None answered within ${EXAMINATION / SECOND} s, so AWS and the metrics providers could not be looked at.`,
        fix: 'Start a worker (`sluice up` does) or look at its log.',
      },
    ];
  }
}

/** How far `at` lies outside the time in which it must have been stamped. */
function skew(at: number, before: number, after: number): Omit<Check, 'name'> {
  const off = Math.max(0, before - at, at - after);
  return {
    ok: off <= SKEW,
    detail: off <= SKEW ? 'It agrees with ours.' : `It is ${Math.round(off / SECOND)} s off ours.`,
    ...(off > SKEW && { fix: 'Set both machines by NTP.' }),
  };
}
