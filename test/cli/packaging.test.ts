import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../cli/package-root.js';
import { loadServerConfig } from '../../config/load.js';

const ROOT = packageRoot();
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  ports?: string[];
  volumes?: string[];
  stop_grace_period?: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown>;
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };

test('compose publishes ports to this machine alone', () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
  expect(ports.length).toBeGreaterThan(0);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('each file that compose mounts is in the repository, and each service that is waited for is there', () => {
  const mounts = Object.values(compose.services).flatMap((service) => service.volumes ?? []);
  const files = mounts.filter((mount) => mount.startsWith('./')).map((mount) => mount.split(':')[0] ?? '');
  expect(files).toHaveLength(4);
  for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  for (const { depends_on = {} } of Object.values(compose.services)) {
    for (const other of Object.keys(depends_on)) expect(compose.services).toHaveProperty(other);
  }
});

test('the api gets no right and no secret of a provider, and .env holds all that is asked for', () => {
  const names = (service: string): string[] => Object.keys(compose.services[service]?.environment ?? {});
  expect(names('api').filter((name) => /AWS|DATADOG/.test(name))).toEqual([]);
  expect(names('worker')).toContain('DATADOG_API_KEY');
  const asked = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  for (const name of asked) expect(read('deploy/compose/example.env')).toContain(`\n${name ?? ''}=`);
});

test("compose's configuration is one that the server takes", async () => {
  const config = await loadServerConfig({
    SLUICE_CONFIG: join(ROOT, 'deploy/compose/sluice.yaml'),
    SLUICE_API_KEY: 'k',
  });
  expect(config.analysisProviders[0]).toMatchObject({ apiKey: { env: 'DATADOG_API_KEY' } });
});

test('the image is built from every folder that the build reads', () => {
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { build: string } };
  const [, page] = /--config (\w+)\//.exec(scripts.build) ?? [];
  const sent = read('.dockerignore').split('\n');
  for (const folder of [...include, page ?? 'the folder of the page']) expect(sent).toContain(`!${folder}`);
});
