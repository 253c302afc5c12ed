/** The parts of an Amazon resource name that tell whether two of them can work together. */
export interface Arn {
  service: string;
  region: string;
  account: string;
  /** What follows the account: `targetgroup/blue/1111111111111111`. */
  resource: string;
}

const ARN = /^arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]+):(\d{12}):(\S+)$/;

/** Reads an ARN that has a region and an account; undefined for anything else. */
export function parseArn(text: string): Arn | undefined {
  const [, service, region, account, resource] = ARN.exec(text) ?? [];
  return service && region && account && resource ? { service, region, account, resource } : undefined;
}
