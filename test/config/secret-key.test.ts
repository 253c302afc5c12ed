import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptSecret, isPair, makeKeyPair, secretOpener } from '../../config/secret-key.js';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
// Keys and text made by Go's crypto packages, with which PipeCD makes its own: PKCS #8, SPKI, OAEP with SHA-256, GCM with a nonce of zeros.
const [PRIVATE, PUBLIC, BY_GO] = ['secrets-private.pem', 'secrets-public.pem', 'secret-by-go.txt'].map(fixture);
const open = secretOpener(PRIVATE ?? '');

describe('encrypted secrets', () => {
  it('that Go made are opened', () => {
    expect(open(BY_GO ?? '')).toBe('p4ss: "wörd"\n');
  });

  it('are the text again, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (plain) => {
        expect(open(encryptSecret(PUBLIC ?? '', plain))).toBe(plain);
      }),
      { numRuns: 30 },
    );
  });

  it('are another text each time', () => {
    expect(encryptSecret(PUBLIC ?? '', 'same')).not.toBe(encryptSecret(PUBLIC ?? '', 'same'));
  });

  it('of which one byte was changed are refused', () => {
    const bytes = Buffer.from(encryptSecret(PUBLIC ?? '', 'text'), 'base64');
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => open(changed.toString('base64'))).toThrow(/another key|cut off/);
    }
    for (const length of [0, 1, 2, 100, 258, 273, bytes.length - 1]) {
      expect(() => open(bytes.subarray(0, length).toString('base64'))).toThrow(/another key|cut off/);
    }
  });

  it('for another key are refused', () => {
    const other = makeKeyPair();
    expect(() => secretOpener(other.privateKey)(BY_GO ?? '')).toThrow('it was made for another key, or was changed');
    expect(secretOpener(other.privateKey)(encryptSecret(other.publicKey, 'x'))).toBe('x');
    expect([isPair(PRIVATE ?? '', PUBLIC ?? ''), isPair(other.privateKey, PUBLIC ?? '')]).toEqual([true, false]);
  });

  it('need keys that are keys', () => {
    expect(() => secretOpener('nothing')).toThrow('There is no private RSA key in PEM there.');
    expect(() => secretOpener(PUBLIC ?? '')).toThrow('There is no private RSA key in PEM there.');
    expect(() => encryptSecret('nothing', 'x')).toThrow('There is no public RSA key in PEM there.');
    expect(() => encryptSecret(PRIVATE ?? '', 'x')).toThrow('This is a private key');
  });
});
