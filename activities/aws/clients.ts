import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { STSClient } from '@aws-sdk/client-sts';
import type { EcsProvider } from '../../config/server.js';
import { apiClassOf, COMMANDS, type CommandName } from './commands.js';
import { accountOf, credentialsOf, TIME_OUTS } from './credentials.js';
import type { Limiter } from './limiter.js';

/** One provider's clients. Reads go through `ecs` and `elb`; only changes, each sent once, through the two `…Changes`. */
export interface AwsClients {
  region: string;
  ecs: ECSClient;
  ecsChanges: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  elbChanges: ElasticLoadBalancingV2Client;
  sts: STSClient;
  scaling: ApplicationAutoScalingClient;
  /** For the doctor: metrics are read by a source's own client. */
  cloudWatch: CloudWatchClient;
  /** Waits until the limiter lets a change through: before the fence, because it may take long. Reads wait by themselves. */
  admit(command: CommandName): Promise<void>;
}

/** Whose clients: the provider, the deployment that asks (it names the role session), and whether it is a rollback. */
export interface ClientRequest {
  provider: EcsProvider;
  deployment: string;
  urgent: boolean;
}

/** Clients with a role are made for each deployment, because its name is the session's; the oldest are let go. */
const KEPT = 64;

function createClients({ provider, deployment, urgent }: ClientRequest, limiter: Limiter): AwsClients {
  const place = { account: accountOf(provider), region: provider.region };
  const common = {
    region: provider.region,
    credentials: credentialsOf(provider, deployment),
    requestHandler: TIME_OUTS,
  };
  const reads = { ...common, maxAttempts: 3, retryMode: 'adaptive' };
  // The SDK would send a change again without knowing whether the first one took effect (ecs-alb-facts §7).
  const changes = { ...common, maxAttempts: 1 };
  const clients = {
    ecs: new ECSClient(reads),
    elb: new ElasticLoadBalancingV2Client(reads),
    sts: new STSClient(reads),
    scaling: new ApplicationAutoScalingClient(reads),
    cloudWatch: new CloudWatchClient(reads),
  };
  for (const client of Object.values(clients)) {
    // Each client has its own type of middleware stack; what is added here looks at the command's name alone.
    (client as ECSClient).middlewareStack.add(
      (next, context) => async (args) => {
        const api = apiClassOf(context.commandName ?? '');
        if (api) await limiter.admit(place, api, urgent);
        return next(args);
      },
      { step: 'initialize', name: 'sluiceLimiter' },
    );
  }
  return {
    region: provider.region,
    ...clients,
    ecsChanges: new ECSClient(changes),
    elbChanges: new ElasticLoadBalancingV2Client(changes),
    admit: (command) => limiter.admit(place, COMMANDS[command].api, urgent),
  };
}

/** Makes clients on first use and keeps them. Endpoints come from the SDK's own environment (`AWS_ENDPOINT_URL` …). */
export function createClientCache(limiter: Limiter): (request: ClientRequest) => AwsClients {
  const cache = new Map<string, AwsClients>();
  return (request) => {
    const key = `${request.provider.name} ${String(request.urgent)} ${request.provider.roleArn ? request.deployment : ''}`;
    const known = cache.get(key);
    if (known) return known;
    const fresh = createClients(request, limiter);
    cache.set(key, fresh);
    const [oldest] = cache.keys();
    if (cache.size > KEPT && oldest !== undefined) cache.delete(oldest);
    return fresh;
  };
}
