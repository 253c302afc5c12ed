import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../config/config-error.js';
import { readEnvironment, splitFiles } from '../../config/environment.js';

describe('the environment', () => {
  it('has defaults', () => {
    expect(readEnvironment({})).toEqual({
      configFiles: [],
      host: '127.0.0.1',
      port: 8080,
      dataDir: resolve('.sluice'),
    });
  });

  it('is read, and what is set to nothing is not set', () => {
    expect(
      readEnvironment({
        SLUICE_CONFIG: 'a.yaml,/b.yaml',
        SLUICE_HOST: ' 0.0.0.0 ',
        SLUICE_PORT: '9000',
        SLUICE_DATA: '/data',
        SLUICE_API_KEY: 'key',
        SLUICE_URL: 'https://sluice.example/',
      }),
    ).toEqual({
      configFiles: [resolve('a.yaml'), '/b.yaml'],
      host: '0.0.0.0',
      port: 9000,
      dataDir: '/data',
      apiKey: 'key',
      url: 'https://sluice.example',
    });
    expect(readEnvironment({ SLUICE_PORT: '', SLUICE_API_KEY: ' ' })).toEqual(readEnvironment({}));
  });

  it.each([
    ['SLUICE_PORT', 'http'],
    ['SLUICE_PORT', '65536'],
    ['SLUICE_PORT', '-1'],
    ['SLUICE_URL', 'localhost:8080'],
  ])('%s=%s is refused by name', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(ConfigError);
    expect(() => readEnvironment({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });
});

describe('a list of files', () => {
  it.each([
    ['', []],
    ['/a', ['/a']],
    ['/a,/b', ['/a', '/b']],
    ['/a:/b', ['/a', '/b']],
    [' /a , ,/b:', ['/a', '/b']],
  ])('%j', (list, files) => {
    expect(splitFiles(list)).toEqual(files);
  });
});
