import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { service } from './services.js';
import { installTestServer } from './python-tools.js';

// Before the first worker of the file, which would make a runtime that tells of each state it enters.
Runtime.install({ logger: new DefaultLogger('WARN') });

/** Address (`127.0.0.1:<port>`) of the embedded Temporal server that all test files of the run share. */
export async function temporalAddress(): Promise<string> {
  return (await service<{ address: string }>(inject('services'), 'temporal')).address;
}

/** A namespace of one's own on the shared server, with what is needed to start workers and workflows in it. */
export interface TestTemporal {
  address: string;
  namespace: string;
  connection: Connection;
  native: NativeConnection;
  client: Client;
  /** Closes both connections. End your workers first. */
  close: () => Promise<void>;
}

/**
 * A fresh namespace on the shared embedded server (real time, real Visibility). For one test file: call it in `beforeAll`, and
 * `close` in `afterAll`. Search attributes are not registered: do it as the worker does.
 */
export async function connectTemporal(): Promise<TestTemporal> {
  const address = await temporalAddress();
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const native = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    connection,
    native,
    client: new Client({ connection, namespace }),
    close: async () => {
      await native.close();
      await connection.close();
    },
  };
}

/**
 * A time-skipping server of one's own (time is global to it, so it is not shared): hours of timers pass in milliseconds while a
 * result is awaited. It has no Visibility and wants search attributes registered (temporal-typescript.md §2.2).
 */
export async function timeSkippingTemporal(): Promise<TestWorkflowEnvironment> {
  const folder = await installTestServer();
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: join(folder, 'bin', 'temporal-test-server') } },
  });
}
