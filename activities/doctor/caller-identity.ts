import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { EcsProvider } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { wordsOf } from '../aws/errors.js';
import type { Clock } from '../context.js';
import type { Check } from '../people.js';
import { skewCheck, skewOf, type DatedAnswer } from './clock-skew.js';
import { credentialsFix } from '../aws/credentials-fix.js';
import { withinLimit } from './time-limit.js';

const CALL_LIMIT = 5 * SECOND;

const identitySchema = z.object({ Account: z.string().regex(/^\d{12}$/), Arn: z.string().startsWith('arn:') });
const datedSchema = z.object({ headers: z.object({ date: z.string() }) });

/** Where a provider's calls land. */
export interface Caller {
  account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
}

/** Keeps the Date header of each answer, refusals included: a wrong clock is a reason to be refused. */
function listenForDates(sts: STSClient, clock: Clock, heard: (answer: DatedAnswer) => void): void {
  sts.middlewareStack.add(
    (next) => async (args) => {
      const sent = clock.now();
      const result = await next(args);
      const answer = datedSchema.safeParse(result.response);
      if (answer.success) heard({ sent, received: clock.now(), date: answer.data.headers.date });
      return result;
    },
    // The lowest of its step: it sees the answer before the SDK makes an error of it.
    { step: 'deserialize', priority: 'low', name: 'sluiceDoctorDate' },
  );
}

/**
 * Asks STS who the provider's credentials are, which AWS answers whatever the policies say.
 * @returns the caller, absent when the credentials do not work, and the checks of credentials and clock.
 */
export async function examineCaller(
  provider: EcsProvider,
  sts: STSClient,
  clock: Clock,
): Promise<{ caller?: Caller; checks: Check[] }> {
  const name = `${provider.name}: credentials`;
  let dated: DatedAnswer | undefined;
  listenForDates(sts, clock, (answer) => (dated = answer));
  const clockChecks = (): Check[] =>
    dated ? [skewCheck(`${provider.name}: clock`, "AWS's clock", skewOf(dated))] : [];
  try {
    const answer = await withinLimit(CALL_LIMIT, (abortSignal) =>
      sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    const { Account, Arn } = identitySchema.parse(answer);
    const detail = `Account ${Account}, region ${provider.region}, as ${Arn}.`;
    return {
      caller: { account: Account, partition: Arn.split(':')[1] ?? 'aws' },
      checks: [{ name, ok: true, detail }, ...clockChecks()],
    };
  } catch (error) {
    const { detail, fix } =
      error instanceof z.ZodError
        ? {
            detail: `What answered in region ${provider.region} is not AWS: ${z.prettifyError(error)}`,
            fix: 'Check AWS_ENDPOINT_URL and the proxy of the worker.',
          }
        : { detail: wordsOf(error), fix: credentialsFix(error, provider) };
    return { checks: [{ name, ok: false, detail, fix }, ...clockChecks()] };
  }
}
