import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { LOAD_BALANCER_PLACEHOLDER, TASK_SET_PLACEHOLDER, type Variant } from '../model/metric.js';
import { parseArn } from './arn.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import { renderQuery, type QueryVariables } from './query-template.js';

/** Whom a query is about: the version whose group and task set it names, and what `.Variant.Name` and the arguments say. */
export interface Subject {
  variant: Exclude<Variant, 'previous'>;
  /** PipeCD calls the version under THRESHOLD and PREVIOUS `primary`, even when the canary should be judged (pipecd.md §1.5). */
  named: Exclude<Variant, 'previous'>;
}

export const CANARY: Subject = { variant: 'canary', named: 'canary' };
export const PIPECD_SINGLE: Subject = { variant: 'canary', named: 'primary' };

type Arguments = Pick<MetricFields, 'canaryArgs' | 'primaryArgs' | 'baselineArgs'>;

function argsOf(fields: Arguments, named: Subject['named']): Record<string, string> {
  const args = { canary: fields.canaryArgs, primary: fields.primaryArgs, baseline: fields.baselineArgs };
  return args[named] ?? {};
}

/** A target group as CloudWatch's dimensions and Datadog's tags name it: the end of its ARN, `targetgroup/green/222`. */
export function groupDimension(arn: string): string {
  return parseArn(arn)?.resource ?? arn;
}

/** What no file tells is put in when the deployment runs. */
const LATER = { LoadBalancer: LOAD_BALANCER_PLACEHOLDER, TaskSet: TASK_SET_PLACEHOLDER };

function variablesOf(
  fields: Arguments,
  { variant, named }: Subject,
  context: MetricContext,
  later: QueryVariables,
): QueryVariables {
  const group = context.targetGroups[variant];
  return {
    App: { Name: context.app, Env: '' },
    K8s: { Namespace: '' },
    Variant: {
      Name: named,
      ...(group && { TargetGroup: groupDimension(group.targetGroupArn) }),
      ...later,
    },
    VariantCustomArgs: argsOf(fields, named),
    AppCustomArgs: context.appCustomArgs,
  };
}

/** A query with its variables put in; what has no value is an error at the query. */
export function renderFor(
  reader: Reader,
  fields: Arguments,
  template: string,
  path: Path,
  subject: Subject,
  context: MetricContext,
): string {
  return rendered(reader, template, path, subject, variablesOf(fields, subject, context, LATER));
}

/** What is no query, such as an address: as under THRESHOLD, but for what is known only when the deployment runs. */
export function renderPlain(reader: Reader, template: string, path: Path, context: MetricContext): string {
  return rendered(reader, template, path, PIPECD_SINGLE, variablesOf({}, PIPECD_SINGLE, context, {}));
}

function rendered(reader: Reader, template: string, path: Path, subject: Subject, variables: QueryVariables): string {
  const { query, problems } = renderQuery(template, variables);
  for (const problem of problems) {
    const whose = problem.replace('has no value;', `has no value for the ${subject.named};`);
    reader.error(path, whose, 'Write the value itself, or a path that has one.');
  }
  return query.trim();
}
