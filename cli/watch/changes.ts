import { hasEnded, type DeploymentDocument } from '../../model/wire.js';
import { plain } from './format.js';
import { trafficLine, windowLine } from './tree.js';

/**
 * What changed from one look at a deployment to the next, a line each: for a pipe or a CI log, where nothing can be redrawn.
 * @param before undefined at the first look: everything so far is told.
 */
export function changes(before: DeploymentDocument | undefined, after: DeploymentDocument): string[] {
  const lines: string[] = [];
  const status = before?.status === after.status ? [] : [`${after.id} ${after.status}: ${after.reason}`];
  // The end of the deployment stands below the end of its last stage.
  if (!hasEnded(after.status)) lines.push(...status);
  for (const warning of after.warnings) {
    if (!before?.warnings.includes(warning)) lines.push(`⚠ ${warning}`);
  }
  for (const stage of after.stages) {
    const earlier = before?.stages.find((other) => other.id === stage.id);
    if (stage.status === 'NOT_STARTED' || earlier?.status === stage.status) continue;
    const words = stage.status === 'FAILED' ? (stage.reason ?? stage.detail) : (stage.detail ?? stage.reason);
    lines.push(`${stage.name} ${stage.status}${words ? `: ${words}` : ''}`);
  }
  if (!before || trafficLine(before) !== trafficLine(after)) lines.push(trafficLine(after));
  for (const metric of after.analysis) {
    const earlier = before?.analysis.find((other) => other.stage === metric.stage && other.metric === metric.metric);
    const told = earlier?.measurements.at(-1)?.window ?? 0;
    for (const measured of metric.measurements) {
      if (measured.window > told) lines.push(`${metric.metric} ${windowLine(measured)}`);
    }
    if (metric.verdict !== 'RUNNING' && metric.verdict !== earlier?.verdict) {
      lines.push(`${metric.metric} verdict ${metric.verdict}${metric.reason ? `: ${metric.reason}` : ''}`);
    }
  }
  if (hasEnded(after.status)) lines.push(...status);
  return lines.map(plain);
}
