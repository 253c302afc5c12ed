import type { RequestHandler } from 'express';
import type { SecretRef } from '../../config/server.js';
import { ApiProblem } from '../problem.js';

export interface PublicKey {
  ref?: SecretRef;
  openSecret: (ref: SecretRef) => Promise<string>;
}

/** `GET /encryption-key`: the public key, as PEM, that secrets for this server's repositories are encrypted with. */
export function readEncryptionKey({ ref, openSecret }: PublicKey): RequestHandler {
  return async (_req, res) => {
    const fix =
      'Write secretManagement.config.publicKeyFile into the server’s configuration; `sluice encrypt --new-keys DIR` makes a pair.';
    if (!ref) throw new ApiProblem(404, 'This server has no public key for secrets.', { fix });
    try {
      res.json({ publicKey: await openSecret(ref) });
    } catch (error) {
      throw new ApiProblem(503, error instanceof Error ? error.message : String(error), { fix });
    }
  };
}
