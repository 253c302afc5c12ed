import fc from 'fast-check';
import { expect, it } from 'vitest';
import { differencesOf } from '../../activities/ecs/differences.js';

const definition = (over: object = {}, container: object = {}) => ({
  family: 'web',
  cpu: '256',
  containerDefinitions: [
    {
      name: 'web',
      image: 'web:1',
      portMappings: [{ containerPort: 80 }],
      environment: [
        { name: 'A', value: 'secret-1' },
        { name: 'B', value: 'same' },
      ],
      ...container,
    },
  ],
  ...over,
});

it('names each value that is another, by the names of what it is in', () => {
  expect(differencesOf(definition(), definition({ cpu: '512', memory: '1024' }, { image: 'web:2' }))).toEqual([
    { path: 'containerDefinitions[web].image', from: '"web:1"', to: '"web:2"' },
    { path: 'cpu', from: '"256"', to: '"512"' },
    { path: 'memory', to: '"1024"' },
  ]);
});

it('shows that a variable changes, comes or goes, and never what it holds', () => {
  const environment = [
    { name: 'A', value: 'secret-2' },
    { name: 'C', value: 'secret-3' },
  ];
  const found = differencesOf(definition(), definition({}, { environment }));
  expect(found).toEqual([
    { path: 'containerDefinitions[web].environment[A].value', from: '(not shown)', to: '(not shown)' },
    { path: 'containerDefinitions[web].environment[B].value', from: '(not shown)' },
    { path: 'containerDefinitions[web].environment[C].value', to: '(not shown)' },
  ]);
  expect(JSON.stringify(found)).not.toMatch(/secret-|same/);
});

it('takes for no difference what AWS fills in, and what has no order', () => {
  const filled = definition(
    { requiresCompatibilities: [], volumes: [], placementConstraints: [] },
    {
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
      cpu: 0,
      essential: true,
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
    },
  );
  expect(differencesOf(filled, definition())).toEqual([]);
  expect(differencesOf({ subnets: ['a', 'b'] }, { subnets: ['b', 'a'] })).toEqual([]);
});

it('of a thing and itself there is none, and each that is there has a path', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => differencesOf(value, value).length === 0));
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      for (const { from, to } of differencesOf({ a }, { a: b })) expect(from).not.toBe(to);
    }),
  );
});

it('never shows the fields that hold secrets, nor what stands in them or around them', () => {
  const running = definition({}, { command: ['--key=old'], logConfiguration: { options: { key: 'old', other: 'a' } } });
  const wanted = definition({}, { command: ['--key=new'], logConfiguration: { options: { key: 'new', other: 'b' } } });
  const fields = ['containerDefinitions.command', 'containerDefinitions.logConfiguration.options.key'];
  expect(differencesOf(running, wanted, { secretFields: fields })).toEqual([
    { path: 'containerDefinitions[web].command', from: '(not shown)', to: '(not shown)' },
    { path: 'containerDefinitions[web].logConfiguration.options.key', from: '(not shown)', to: '(not shown)' },
    { path: 'containerDefinitions[web].logConfiguration.options.other', from: '"a"', to: '"b"' },
  ]);
  const without = definition({ containerDefinitions: [] });
  expect(
    JSON.stringify(differencesOf(running, without, { secretFields: ['containerDefinitions.command'] })),
  ).not.toContain('--key');
});
