import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  type GetMetricDataCommandInput,
  type ListMetricsCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import type { CloudWatchProvider } from '../../../config/server.js';
import { COMMANDS } from '../../aws/commands.js';
import { accountOf, credentialsOf, TIME_OUTS } from '../../aws/credentials.js';
import type { Limiter } from '../../aws/limiter.js';

/** The way to one account and region, as one identity. */
export interface Connection {
  /** @returns the answer, not yet read, and its Date header. */
  getMetricData(input: GetMetricDataCommandInput, signal: AbortSignal): Promise<{ body: unknown; date?: string }>;
  listMetrics(input: ListMetricsCommandInput, signal: AbortSignal): Promise<unknown>;
}

const DATED = z.object({ headers: z.object({ date: z.string() }) });

/** One for each identity and region: equal for providers that ask as the same. */
export function placeOf({
  region,
  profile,
  credentialsFile,
  roleArn,
  tokenFile,
  externalId,
}: CloudWatchProvider): string {
  return JSON.stringify([region, profile, credentialsFile, roleArn, tokenFile, externalId]);
}

/** The account and region whose budget is shared. */
export function budgetOf(provider: CloudWatchProvider): { account: string; region: string } {
  return { account: accountOf(provider), region: provider.region };
}

/**
 * Connects as a provider says. The endpoint comes from the SDK's own environment. Nothing is sent twice: whoever asks tries again at a
 * pace of its own.
 */
export function connect(provider: CloudWatchProvider, limiter: Limiter): Connection {
  const client = new CloudWatchClient({
    region: provider.region,
    credentials: credentialsOf(provider, 'metrics'),
    // The answer has a time limit of the metric's own, which the signal keeps.
    requestHandler: { connectionTimeout: TIME_OUTS.connectionTimeout },
    maxAttempts: 1,
  });
  const budget = budgetOf(provider);
  return {
    async getMetricData(input, abortSignal) {
      await limiter.admit(budget, COMMANDS.GetMetricData.api, false);
      const command = new GetMetricDataCommand(input);
      let date: string | undefined;
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const answer = DATED.safeParse(result.response);
          if (answer.success) date = answer.data.headers.date;
          return result;
        },
        { step: 'deserialize', priority: 'low', name: 'sluiceDate' },
      );
      const body: unknown = await client.send(command, { abortSignal });
      return { body, ...(date !== undefined && { date }) };
    },
    async listMetrics(input, abortSignal) {
      await limiter.admit(budget, COMMANDS.ListMetrics.api, false);
      return await client.send(new ListMetricsCommand(input), { abortSignal });
    },
  };
}
