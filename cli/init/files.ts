import { stringify } from 'yaml';
import type { JsonObject } from '../../model/json.js';
import type { METRICS } from './answers.js';

/** The files that `sluice init` writes. */
export const FILES = ['app.pipecd.yaml', 'servicedef.yaml', 'taskdef.yaml'] as const;
export type InitFiles = Record<(typeof FILES)[number], string>;

/** An application whose versions go out as canaries. */
export interface Draft {
  app: string;
  container: string;
  port: number;
  primaryTargetGroup: string;
  canaryTargetGroup: string;
  metrics: (typeof METRICS)[number];
  /** Its name in the server configuration; no matter where `metrics` is none. */
  metricsProvider: string;
  service: JsonObject;
  taskDefinition: JsonObject;
  /** Where the definitions come from, for their first lines. */
  origin: string;
  /** What people should know before they deploy. */
  notes: readonly string[];
}

/** The three files of an application. */
export function initFiles(draft: Draft): InitFiles {
  return {
    'app.pipecd.yaml': applicationText(draft),
    'servicedef.yaml': `# ${draft.origin}\n${yaml(draft.service)}`,
    'taskdef.yaml': `# ${draft.origin} \`sluice deploy --image …\` replaces the image.\n${yaml(draft.taskDefinition)}`,
  };
}

function applicationText(draft: Draft): string {
  const group = (arn: string): string =>
    `targetGroupArn: ${scalar(arn)}
        containerName: ${scalar(draft.container)}
        containerPort: ${draft.port}`;
  return `apiVersion: pipecd.dev/v1beta1
kind: ECSApp
spec:
  name: ${scalar(draft.app)}
  input:
    serviceDefinitionFile: servicedef.yaml
    taskDefinitionFile: taskdef.yaml
    targetGroups:
      # The primary group serves; the other one gets the canary. One rule of one load balancer forwards to both, 100 and 0.
      primary:
        ${group(draft.primaryTargetGroup)}
      canary:
        ${group(draft.canaryTargetGroup)}
  pipeline:
    stages:
      # 30 % of the service's tasks run the new version.
      - name: ECS_CANARY_ROLLOUT
        with:
          scale: 30
      # 20 % of the requests go there.
      - name: ECS_TRAFFIC_ROUTING
        with:
          canary: 20
${gate(draft)}
      # The new version replaces the old one, then takes all requests.
      - name: ECS_PRIMARY_ROLLOUT
      - name: ECS_TRAFFIC_ROUTING
        with:
          primary: 100
      - name: ECS_CANARY_CLEAN
`;
}

/** What decides whether the canary is promoted. */
function gate({ metrics, metricsProvider }: Draft): string {
  if (metrics === 'none') {
    return `      # Somebody looks, and says \`sluice approve\` or \`sluice reject\`. When nobody does, it is rolled back.
      - name: WAIT_APPROVAL
        with:
          timeout: 2h`;
  }
  // The tasks tell every few seconds, a load balancer once a minute.
  const interval = metrics === 'tasks' ? '1m' : '5m';
  const provider = scalar(metricsProvider);
  return `      # Beside the old version at the same moments. What is worse, and what was not measured, rolls back.
      - name: ANALYSIS
        with:
          duration: 30m
          metrics:
            - strategy: CANARY_PRIMARY
              provider: ${provider}
              metric: http-5xx-rate
              interval: ${interval}
            - strategy: CANARY_PRIMARY
              provider: ${provider}
              metric: latency-p95
              interval: ${interval}`;
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}

function scalar(text: string): string {
  return yaml(text).trimEnd();
}
