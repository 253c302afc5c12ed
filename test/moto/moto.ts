import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { MINUTE } from '../../model/duration.js';
import { startProgram, until, type TestProcess } from '../support/processes.js';
import { installMoto } from '../support/python-tools.js';

export const ACCOUNT = '123456789012';
export const REGION = 'ap-northeast-1';

/** moto's server with what the seed user's files expect to find in AWS: all but the service itself. */
export interface Moto {
  url: string;
  blue: string;
  green: string;
  listener: string;
  /** The names that stand in the user's files as stars, with what moto calls them. */
  names: Record<string, string>;
  /** Clients that speak to moto itself, past the bridge. */
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  close: () => Promise<void>;
}

/** Installs moto and starts it, empty, on a port of its own. */
export async function startEmptyMoto(): Promise<{ url: string; server: TestProcess }> {
  const folder = await installMoto();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const server = startProgram('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    PYTHONPATH: folder,
  });
  try {
    await until('moto to answer', async () => (await fetch(`${url}/moto-api/data.json`)).ok, { timeout: MINUTE });
    return { url, server };
  } catch (error) {
    console.error(server.output());
    await server.kill();
    throw error;
  }
}

/** Starts moto, and makes a cluster, two target groups and one listener with both. */
export async function startMoto(): Promise<Moto> {
  const { url, server } = await startEmptyMoto();
  try {
    return await furnish(url, server);
  } catch (error) {
    console.error(server.output());
    await server.kill();
    throw error;
  }
}

async function furnish(url: string, server: TestProcess): Promise<Moto> {
  // A task of moto's goes one step towards STOPPED with each look; ours run until they are stopped.
  const standing = { model_name: 'ecs::task', transition: { progression: 'manual', times: 1_000_000 } };
  await fetch(`${url}/moto-api/state-manager/set-transition`, { method: 'POST', body: JSON.stringify(standing) });

  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: 'moto' };
  const settings = { region: REGION, endpoint: url, credentials, maxAttempts: 1 };
  const ecs = new ECSClient(settings);
  const elb = new ElasticLoadBalancingV2Client(settings);
  const subnets = await ec2(url, 'DescribeSubnets', 'subnetId');
  const [vpc = ''] = await ec2(url, 'DescribeVpcs', 'vpcId');
  const [securityGroup = ''] = await ec2(url, 'DescribeSecurityGroups', 'groupId');
  await ecs.send(new CreateClusterCommand({ clusterName: 'ecs-cluster' }));
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'sample-lb', Subnets: subnets.slice(0, 2), SecurityGroups: [securityGroup] }),
  );
  const group = async (name: string): Promise<string> => {
    const { TargetGroups } = await elb.send(
      new CreateTargetGroupCommand({ Name: name, Protocol: 'HTTP', Port: 80, TargetType: 'ip', VpcId: vpc }),
    );
    return TargetGroups?.[0]?.TargetGroupArn ?? '';
  };
  const blue = await group('blue');
  const green = await group('green');
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: blue, Weight: 100 },
              { TargetGroupArn: green, Weight: 0 },
            ],
          },
        },
      ],
    }),
  );
  const fixture = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup`;
  return {
    url,
    blue,
    green,
    listener: Listeners?.[0]?.ListenerArn ?? '',
    names: {
      [`${fixture}/blue/1111111111111111`]: blue,
      [`${fixture}/green/2222222222222222`]: green,
      'sg-0123456789abcdef0': securityGroup,
      'subnet-0123456789abcdef0': subnets[0] ?? '',
      'subnet-0123456789abcdef1': subnets[1] ?? '',
    },
    ecs,
    elb,
    close: () => server.kill(),
  };
}

/** What moto has in its EC2, where no client of ours speaks: the texts of one element. The first of these takes seconds. */
async function ec2(url: string, action: string, element: string): Promise<string[]> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/ec2/aws4_request, SignedHeaders=host, Signature=0`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Action: action, Version: '2016-11-15' }).toString(),
  });
  const text = await answer.text();
  return [...text.matchAll(new RegExp(`<${element}>([^<]+)`, 'g'))].map(([, value = '']) => value);
}
