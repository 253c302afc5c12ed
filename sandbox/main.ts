import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSandbox } from './server.js';
import { worldSchema } from './world.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string' },
    'tasks-port': { type: 'string' },
    speed: { type: 'string', default: '1' },
    world: { type: 'string' },
  },
});

const speed = Number(values.speed);
if (!(speed > 0)) throw new Error(`--speed ${values.speed}: write a number above 0`);

const sandbox = await startSandbox({
  port: Number(values.port),
  host: values.host,
  speed,
  ...(values['tasks-port'] !== undefined && { tasksPort: Number(values['tasks-port']) }),
  ...(values.data !== undefined && { dataDir: values.data }),
  ...(values.world !== undefined && { world: worldSchema.parse(JSON.parse(readFileSync(values.world, 'utf8'))) }),
});
console.log(JSON.stringify({ sandbox: sandbox.url, speed }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.close().then(() => process.exit(0));
  });
}
