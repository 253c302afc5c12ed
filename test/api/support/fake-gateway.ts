import { ALL_PRIMARY } from '../../../model/delivery.js';
import type { DeploymentDocument } from '../../../model/wire.js';
import type { Gateway, LiveDeployment } from '../../../api/gateway.js';

/** A running deployment's document, with what a test wants otherwise. */
export function deploymentDocument(over: Partial<DeploymentDocument> = {}): DeploymentDocument {
  return {
    id: 'web-7',
    app: 'web',
    status: 'RUNNING',
    reason: 'Stage 1 of 1.',
    version: { image: 'web:7' },
    trigger: { by: 'ci', at: '2026-11-23T08:00:00.000Z' },
    stages: [{ id: 'stage-0', name: 'WAIT', status: 'RUNNING' }],
    traffic: { wanted: ALL_PRIMARY, verified: ALL_PRIMARY },
    analysis: [],
    warnings: [],
    trail: [],
    links: {},
    ...over,
  };
}

export function liveDeployment(over: Partial<LiveDeployment> = {}): LiveDeployment {
  return { document: deploymentDocument(), log: [], changes: [], measurements: [], historyEvents: 1, ...over };
}

/** A gateway of which a test gives the functions that it expects to be called; any other call is an error. */
export function fakeGateway(given: Partial<Gateway>): Gateway {
  return new Proxy(given, {
    get(target, name) {
      const found = Reflect.get(target, name) as unknown;
      if (found) return found;
      return () => Promise.reject(new Error(`the test gave no ${String(name)}`));
    },
  }) as Gateway;
}
