import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { LogPage, MeasurementPage } from '../../model/wire.js';
import { parseWith } from '../body.js';
import { readCursor, writeCursor } from '../cursor.js';
import { keyOf } from '../../records/record.js';
import type { DeploymentRecord, RecordPage } from '../../records/record.js';
import type { Gateway, LiveDeployment } from '../gateway.js';
import { deploymentParam, unknownDeployment } from '../names.js';
import { ListLog, ListMeasurements } from '../../spec/http.js';

/** Records on one page. */
const PAGE = 500;
const Place = z.record(z.string(), z.number().int().min(0));

/** `GET /deployments/{id}/measurements`: every judged window; the last page also holds those of a running `measure`. */
export function listMeasurements(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const { cursor, stage, metric } = parseWith(ListMeasurements, req.query, 400);
    const wanted = (m: { stage: string; metric: string }): boolean =>
      (stage === undefined || m.stage === stage) && (metric === undefined || m.metric === metric);
    const { page, live } = await readPage(
      gateway,
      deploymentParam(req),
      cursor,
      (record) => record.kind === 'measurement' && wanted(record.value),
    );
    const measurements = page.records.flatMap((record) => (record.kind === 'measurement' ? [record.value] : []));
    if (!page.more) measurements.push(...live.measurements.filter(wanted));
    const once = new Map(measurements.map((m) => [keyOf({ kind: 'measurement', value: m }), m]));
    res.json({ measurements: [...once.values()], ...cursorOf(page) } satisfies MeasurementPage);
  };
}

/** `GET /deployments/{id}/log`: every line and AWS change; the last page also holds the newest lines of running activities. */
export function listLog(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const { cursor } = parseWith(ListLog, req.query, 400);
    const { page, live } = await readPage(
      gateway,
      deploymentParam(req),
      cursor,
      (record) => record.kind !== 'measurement',
    );
    const lines = page.records.flatMap((record) => (record.kind === 'log' ? [record.value] : []));
    const changes = page.records.flatMap((record) => (record.kind === 'change' ? [record.value] : []));
    if (!page.more) {
      lines.push(...live.log);
      changes.push(...live.changes);
    }
    const onceLines = new Map(lines.map((line) => [keyOf({ kind: 'log', value: line }), line]));
    const onceChanges = new Map(changes.map((change) => [keyOf({ kind: 'change', value: change }), change]));
    res.json({
      lines: [...onceLines.values()],
      changes: [...onceChanges.values()],
      ...cursorOf(page),
    } satisfies LogPage);
  };
}

/** The live part is read first: what moves from a heartbeat into a history between the two reads is then seen twice, never missed. */
async function readPage(
  gateway: Gateway,
  id: string,
  cursor: string | undefined,
  wanted: (record: DeploymentRecord) => boolean,
): Promise<{ page: RecordPage; live: LiveDeployment }> {
  const place = cursor === undefined ? {} : readCursor(Place, cursor);
  const live = await gateway.deployment(id);
  const page = live && (await gateway.records(id, place, PAGE, wanted));
  if (!page) throw unknownDeployment(id);
  return { page, live };
}

function cursorOf(page: RecordPage): { cursor?: string } {
  return page.more ? { cursor: writeCursor(page.place) } : {};
}
