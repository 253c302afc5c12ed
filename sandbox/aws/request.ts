import type { IncomingHttpHeaders } from 'node:http';
import type { Cloud } from '../cloud/cloud.js';
import { listenerRuleOperations } from '../elb/listener-rule.js';
import { targetGroupOperations } from '../elb/target-group.js';
import { serviceOperations } from '../ecs/service.js';
import { tagOperations } from '../ecs/tags.js';
import { taskDefinitionOperations } from '../ecs/task-definition.js';
import { runTaskOperations } from '../ecs/run-task.js';
import { taskOperations } from '../ecs/task.js';
import { taskSetOperations } from '../ecs/task-set.js';
import { cloudWatchOperations } from '../cloudwatch/answer.js';
import { autoscalingOperations } from './autoscaling.js';
import { AwsError } from './aws-error.js';
import type { Caller, Operations } from './operation.js';
import { readForm, writeAnswer, writeError } from './query-protocol.js';
import { stsOperations } from './sts.js';

interface Service {
  name: string;
  operations: Operations;
  /** XML namespace of a query service; a JSON service has none. */
  namespace?: string;
  /** A JSON 1.0 service that spoke the query protocol before: it names its errors as it did then. */
  once?: 'query';
}

const ECS: Service = {
  name: 'ecs',
  operations: {
    ...serviceOperations,
    ...taskSetOperations,
    ...taskDefinitionOperations,
    ...taskOperations,
    ...runTaskOperations,
    ...tagOperations,
  },
};
const AUTOSCALING: Service = { name: 'application-autoscaling', operations: autoscalingOperations };
const CLOUDWATCH: Service = { name: 'monitoring', operations: cloudWatchOperations, once: 'query' };
const ELB: Service = {
  name: 'elasticloadbalancing',
  operations: { ...listenerRuleOperations, ...targetGroupOperations },
  namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
};
const STS: Service = {
  name: 'sts',
  operations: stsOperations,
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

/** A call of an AWS API, whichever of its two protocols it came in. */
export interface AwsRequest {
  service: Service;
  operation: string;
  input: unknown;
}

/** An answer as it goes on the wire. */
export interface AwsAnswer {
  status: number;
  contentType: string;
  headers?: Record<string, string>;
  body: string;
}

/**
 * Reads which API is called: JSON by the X-Amz-Target header, the query protocol by the form's Action.
 *
 * @returns undefined when it is no AWS request
 */
export function readRequest(headers: IncomingHttpHeaders, body: string): AwsRequest | undefined {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const [prefix = '', operation = ''] = target.split('.');
    const service = jsonService(prefix);
    return service && { service, operation, input: readJson(body) };
  }
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) return undefined;
  const { action, input } = readForm(body);
  return { service: action in stsOperations ? STS : ELB, operation: action, input };
}

/** The JSON services by the first half of the target. */
function jsonService(prefix: string): Service | undefined {
  if (prefix.startsWith('AmazonEC2ContainerService')) return ECS;
  if (prefix === 'AnyScaleFrontendService') return AUTOSCALING;
  return prefix === 'GraniteServiceVersion20100801' ? CLOUDWATCH : undefined;
}

/** What is not JSON is left as text, which every operation refuses with AWS's SerializationException. */
function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

/** Who signed the request. The account is the access key if that has 12 digits, the assumed role's, or else the world's. */
export function readCaller(cloud: Cloud, headers: IncomingHttpHeaders): Caller | undefined {
  const [, accessKey] = /Credential=([^/,\s]+)\//.exec(headers.authorization ?? '') ?? [];
  if (accessKey === undefined) return undefined;
  const session = cloud.state.sessions.find((candidate) => candidate.accessKey === accessKey);
  const account = session?.account ?? (/^\d{12}$/.test(accessKey) ? accessKey : cloud.state.world.account);
  return { account, accessKey };
}

/** Runs the call. @throws AwsError */
export function runRequest(cloud: Cloud, request: AwsRequest, caller: Caller | undefined): Record<string, unknown> {
  const operation = Object.hasOwn(request.service.operations, request.operation)
    ? request.service.operations[request.operation]
    : undefined;
  if (!operation) throw unknownOperation(request);
  if (!caller && request.operation !== 'AssumeRoleWithWebIdentity') {
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  return operation.run(cloud, request.input, caller ?? { account: cloud.state.world.account, accessKey: '' });
}

/** Whether the call changes something. */
export function isMutating(request: AwsRequest): boolean {
  return request.service.operations[request.operation]?.mutating ?? false;
}

function unknownOperation({ service, operation }: AwsRequest): AwsError {
  return service.namespace === undefined
    ? new AwsError('UnknownOperationException', `The sandbox has no ${service.name} operation ${operation}`)
    : new AwsError('InvalidAction', `The sandbox has no operation ${operation}`);
}

/** A successful answer in the service's protocol. */
export function writeResult(request: AwsRequest, result: Record<string, unknown>, requestId: string): AwsAnswer {
  const { namespace } = request.service;
  return namespace === undefined
    ? json(request.service, 200, result)
    : xml(200, writeAnswer(namespace, request.operation, result, requestId));
}

/** An error in the service's protocol. */
export function writeFailure(request: AwsRequest, error: AwsError, requestId: string): AwsAnswer {
  const { namespace } = request.service;
  const { code, message, status } = error;
  return namespace === undefined
    ? {
        ...json(request.service, status, { __type: code, message }),
        ...(request.service.once && {
          headers: { 'x-amzn-query-error': `${code};${status < 500 ? 'Sender' : 'Receiver'}` },
        }),
      }
    : xml(status, writeError(namespace, code, message, status < 500, requestId));
}

function json({ once }: Service, status: number, value: unknown): AwsAnswer {
  return { status, contentType: `application/x-amz-json-1.${once ? 0 : 1}`, body: JSON.stringify(value) };
}

function xml(status: number, body: string): AwsAnswer {
  return { status, contentType: 'text/xml', body };
}
