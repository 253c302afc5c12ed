import { kindOf, wordsOf } from '../aws/errors.js';
import type { Run } from '../run.js';

/** Account and region in an ARN: `arn:aws:ecs:REGION:ACCOUNT:…`. */
function placeOf(arn: string): { region: string; account: string } | undefined {
  const [arnWord, , , region, account] = arn.split(':');
  return arnWord === 'arn' && region && account ? { region, account } : undefined;
}

/** Why something that the files name by its ARN is not where the credentials are (ecs-alb-facts §21). */
export function wrongPlace(
  run: Run,
  account: string,
  provider: string,
  what: string,
  arn: string | undefined,
): string[] {
  const place = arn === undefined ? undefined : placeOf(arn);
  if (!place) return [];
  const wrong: string[] = [];
  if (place.account !== account) {
    wrong.push(
      `The credentials of provider ${provider} are of account ${account}, and ${what} is in account ${place.account} (${arn ?? ''}). Correct the file, or the provider's profile or roleARN.`,
    );
  }
  if (place.region !== run.aws.region) {
    wrong.push(
      `Provider ${provider} works in ${run.aws.region}, and ${what} is in ${place.region} (${arn ?? ''}). Correct the file, or the provider's region.`,
    );
  }
  return wrong;
}

/** The problem when AWS refuses a read. @throws what may pass, to be tried again */
export function refusedRead(error: unknown): string {
  const kind = kindOf(error);
  if (kind !== 'credentials' && kind !== 'refused') throw error;
  const what = kind === 'credentials' ? "Compare the role's rights with deploy/iam-policy.json." : '';
  return `AWS refused a read: ${wordsOf(error)}. ${what}`.trim();
}
