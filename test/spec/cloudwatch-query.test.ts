import { describe, expect, it } from 'vitest';
import { readerOf } from '../../document/reader.js';
import { readDocuments } from '../../document/yaml.js';
import type { Finding } from '../../model/finding.js';
import { warnOfCloudWatchQuery } from '../../spec/cloudwatch-query.js';

const group = (name: string) => ({
  targetGroupArn: `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/${name}`,
  containerName: 'web',
  containerPort: 80,
});
const GROUPS = { primary: group('blue/111'), canary: group('green/222') };

function findings(query: string, emptyValue?: number): Pick<Finding, 'level' | 'message' | 'fix'>[] {
  const [document] = readDocuments('app.pipecd.yaml', `query: x\n`).documents;
  const found: Finding[] = [];
  warnOfCloudWatchQuery(readerOf(document!, found), ['query'], query, GROUPS, emptyValue);
  expect(found.every(({ file, field, line }) => file === 'app.pipecd.yaml' && field === 'query' && line === 1)).toBe(
    true,
  );
  return found.map(({ level, message, fix = '' }) => ({ level, message, fix }));
}

const GREEN = '{LoadBalancer=app/x/1,TargetGroup=targetgroup/green/222}';
const sum = (metric: string, dimensions = GREEN) => `Sum:AWS/ApplicationELB.${metric}${dimensions}`;
const SHARE = `${sum('HTTPCode_Target_5XX_Count')} / ${sum('RequestCount')}`;
const SELECT = 'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup)';

describe('a CloudWatch query in a file', () => {
  it.each([
    SHARE,
    `100 * FILL(${sum('HTTPCode_Target_5XX_Count')}, 0) / ${sum('RequestCount')}`,
    'Sum:Shop.errors{} / Sum:Shop.requests{}',
    `${SELECT} WHERE TargetGroup = 'targetgroup/green/222'`,
    'SELECT SUM(errors) FROM Shop',
  ])('may be %s', (query) => {
    expect(findings(query)).toEqual([]);
  });

  it.each([
    ['100 * m1 / m2', /cannot be read at column 7: m1 names no metric here\.$/, /Write the metric itself/],
    [`${SELECT} GROUP BY TargetGroup`, /one series for each TargetGroup/, /Delete GROUP BY TargetGroup/],
    [sum('HTTPCode_ELB_5XX_Count'), /counted for the whole load balancer/, /HTTPCode_Target_5XX_Count/],
    [sum('HealthyHostCount', '{LoadBalancer=app/x/1}'), /counted for each target group/, /TargetGroup=/],
    [sum('RequestCount', '{TargetGroup=targetgroup/green/222}'), /without the dimension LoadBalancer/, /LoadBalancer=/],
  ])('is refused as %s', (query, message, fix) => {
    expect(findings(query)[0]).toEqual({
      level: 'error',
      message: expect.stringMatching(message) as string,
      fix: expect.stringMatching(fix) as string,
    });
  });

  it.each([
    [
      sum('RequestCount', '{LoadBalancer=app/x/1}'),
      /mixes both versions/,
      /^Add TargetGroup=targetgroup\/green\/222\. Or write metric: requests in place of query\.$/,
    ],
    [sum('HTTPCode_ELB_5XX_Count', '{LoadBalancer=app/x/1}'), /mixes both versions/, /use HTTPCode_Target_5XX_Count/],
    [
      sum('RequestCount', '{LoadBalancer=app/x/1,TargetGroup=targetgroup/blue/111}'),
      /primary’s target group/,
      /TargetGroup=targetgroup\/green\/222/,
    ],
    [
      SELECT,
      /WHERE names no target group/,
      /WHERE TargetGroup = 'targetgroup\/green\/222'\. Or write metric: requests/,
    ],
    [
      `(${sum('HTTPCode_Target_5XX_Count')} + ${sum('TargetConnectionErrorCount')}) / ${sum('RequestCount')}`,
      /holds several metrics/,
      /FILL/,
    ],
    [SHARE.replace('green/222', 'gren/222'), /other dimensions/, /emptyValue: 0/],
  ])('is warned of as %s', (query, message, fix) => {
    expect(findings(query)).toEqual([
      {
        level: 'warning',
        message: expect.stringMatching(message) as string,
        fix: expect.stringMatching(fix) as string,
      },
    ]);
  });

  it('with emptyValue may have sides of other dimensions', () => {
    expect(findings(SHARE.replace('green/222', 'gren/222'), 0)).toEqual([]);
  });
});
