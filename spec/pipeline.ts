import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { formatDuration } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { Stage } from '../model/stage.js';
import type { MetricContext } from './metric.js';
import { checkOrder } from './pipeline-order.js';
import type { Access, ReadStage } from './pipeline-order.js';
import type { ScriptContext } from './script-stage.js';
import { readStage } from './stage.js';

/** Reads the stages of a pipeline and checks that they can follow each other. */
export function readPipeline(
  reader: Reader,
  values: readonly unknown[],
  path: Path,
  context: Omit<MetricContext, 'duration'> & ScriptContext & { standalone: boolean; access: Access },
): Stage[] {
  const read: (ReadStage | undefined)[] = [];
  for (const [i, value] of values.entries()) {
    read.push(readStage(reader, value, [...path, i], i, { ...context, canary: canaryOf(read) }));
  }
  const stages = read.flatMap((found) => found?.stage ?? []);
  for (const [i, found] of read.entries()) {
    const id = found?.stage?.id;
    if (id === undefined || read.findIndex((other) => other?.stage?.id === id) === i) continue;
    reader.error([...path, i, 'id'], `a second stage has the id "${id}"`, 'Give each its own id.');
  }
  if (read.length > 0 && read.every((found) => found !== undefined)) checkOrder(reader, read, path, context.access);
  return stages;
}

/** The last canary that the stages so far bring out. */
function canaryOf(read: readonly (ReadStage | undefined)[]): { scale: number | undefined } | undefined {
  const last = read.findLast((found) => found?.name === 'ECS_CANARY_ROLLOUT');
  return last && { scale: last.stage?.name === 'ECS_CANARY_ROLLOUT' ? last.stage.scale : undefined };
}

/** A pipeline that takes longer than the whole deployment may can never end well. */
export function checkTimeout(reader: Reader, stages: readonly Stage[], timeout: Millis, path: Path): void {
  let least = 0;
  for (const stage of stages) {
    if (stage.name === 'WAIT') least += stage.duration;
    if (stage.name === 'ANALYSIS') least += stage.initialDelay + stage.duration;
  }
  if (least < timeout) return;
  const message = `the stages take at least ${formatDuration(least)}, and the deployment’s timeout is ${formatDuration(timeout)}`;
  reader.error(path, message, `Write spec.timeout: ${formatDuration(2 * least)}, or shorten the stages.`);
}
