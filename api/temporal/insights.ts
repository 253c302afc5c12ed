import type { Client } from '@temporalio/client';
import { DAY } from '../../model/duration.js';
import { insightsOf } from '../../model/insights.js';
import type { Ended, InsightsDocument } from '../../model/insights.js';
import { iso } from '../../model/wire.js';
import { deploymentOf } from '../../model/workflow-id.js';
import { SluiceLabels } from '../../workflows/search-attributes.js';
import type { InsightsQuery } from '../gateway.js';
import { documentOf } from '../../records/document.js';

const PAGE_SIZE = 200;
/** Each is read with its memo: more would keep the API busy for a question that nobody is in a hurry about. */
const MOST = 5_000;

/** The measures of delivery over the last days, of what Temporal still knows. */
export async function readInsights(
  client: Client,
  { days, label }: InsightsQuery,
  to = Date.now(),
): Promise<InsightsDocument> {
  const from = to - days * DAY;
  const deployments: Ended[] = [];
  const labels = new Map<string, readonly string[]>();
  let truncated = false;
  // The newest first where the server sorts. One that began a day before the period may have ended in it.
  const query = `WorkflowType = 'deployment' AND StartTime >= '${iso(from - DAY)}'`;
  for await (const row of client.workflow.list({ query, pageSize: PAGE_SIZE })) {
    if (deployments.length === MOST) {
      truncated = true;
      break;
    }
    const document = documentOf(deploymentOf(row.workflowId), row);
    deployments.push(document);
    labels.set(document.id, row.typedSearchAttributes.get(SluiceLabels) ?? []);
  }
  const groupsOf = ({ id, app }: Ended): string[] => {
    if (label === undefined) return ['all', app];
    const values = (labels.get(id) ?? []).filter((pair) => pair.startsWith(`${label}=`));
    return ['all', ...values];
  };
  return {
    from: iso(from),
    to: iso(to),
    groups: insightsOf(deployments, { days, to }, groupsOf),
    ...(truncated && { truncated: true as const }),
  };
}
