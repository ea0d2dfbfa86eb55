import { describe, expect, it } from 'vitest';
import { deploymentOf } from './deployment.ts';
import { parseBicep } from './parse.ts';
import { resourceShapes } from './shapes.ts';

const queue = `
param name string
param count int = 3
@allowed(['Standard', 'Premium'])
param sku string = 'Standard'
param tags object = {}
resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: 'westeurope'
  tags: tags
  sku: { name: sku, tier: sku }
  properties: { disableLocalAuth: true, minimumTlsVersion: '1.2' }
}
resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: 'chat-queue'
  properties: { requiresSession: true, maxDeliveryCount: count, lockDuration: 'PT1M' }
}
output id string = queue.id
`;

const main = `
module one 'modules/queue.bicep' = {
  params: { name: 'one', count: 5 }
}
output id string = one.outputs.id
`;

/** What is found in a deployment of the two files, with something in them replaced. */
const problemsOf = (from: string, to: string): string => {
  expect(queue + main).toContain(from);
  const files: Record<string, string> = {
    'main.bicep': main.replace(from, to),
    'modules/queue.bicep': queue.replace(from, to),
  };
  try {
    return deploymentOf('main.bicep', {}, (path) => parseBicep(path, files[path] ?? '')).problems.join('\n');
  } catch (error) {
    return String(error);
  }
};

describe('the check of Bicep files', () => {
  it('finds nothing in files that are right', () => {
    expect(problemsOf('PT1M', 'PT2M')).toBe('');
  });

  it.each([
    ['text that is no Bicep', 'properties: {', 'properties {', 'is no Bicep'],
    ['a version there is not', '/queues@2024-01-01', '/queues@2031-01-01', 'not known in version 2031-01-01'],
    ['a type there is not', 'namespaces/queues@', 'namespaces/quays@', 'quays is not known'],
    ['a property there is not', 'requiresSession:', 'requiresSessions:', '.requiresSessions is not known'],
    ['a property that is missing', "location: 'westeurope'", '', '.location is missing'],
    ['a property that is missing within', 'name: sku, tier', 'tier', '.sku.name is missing'],
    [
      'a property that only Azure sets',
      "lockDuration: 'PT1M'",
      'messageCount: 1',
      '.messageCount is read-only',
    ],
    ['a literal there is not', 'tier: sku', "tier: 'Gold'", ".sku.tier is 'Gold', none of Basic"],
    ['text for a number', 'maxDeliveryCount: count', "maxDeliveryCount: '10'", 'is string, not int'],
    ['a number for a truth', 'requiresSession: true', 'requiresSession: 1', 'is int, not bool'],
    ['an array for an object', 'sku: { name: sku, tier: sku }', 'sku: [sku]', '.sku is array, not object'],
    [
      'a parameter of another type',
      'maxDeliveryCount: count',
      'maxDeliveryCount: name',
      'is string, not int',
    ],
    ['an id for a number', 'maxDeliveryCount: count', 'maxDeliveryCount: namespace.id', 'is string, not int'],
    ['a property that is there twice', 'disableLocalAuth: true,', 'a: 1, a: 2,', 'a is there twice'],
    ['a name that nothing has', 'parent: namespace', 'parent: namespaces', 'there is no namespaces'],
    ['a function that nothing has', 'tags: tags', 'tags: unite(tags)', 'the function unite'],
    ['a field that a resource has not', 'queue.id', 'queue.properties.nme', 'has no nme'],
    ['a parameter a module does not get', "name: 'one', ", '', 'the parameter name is missing'],
    ['a parameter a module has not', 'count: 5', 'counts: 5', 'there is no parameter counts'],
    ['a parameter of a module of another type', 'count: 5', "count: 'five'", 'count is string, not int'],
    ['a parameter that is not allowed', 'count: 5', "sku: 'Basic'", 'sku is Basic, against allowed'],
    ['an output that a module has not', 'outputs.id', 'outputs.ids', 'has no ids'],
    [
      'an output of another type',
      'output id string = queue.id',
      'output id int = queue.id',
      'id is string, not int',
    ],
    ['what needs itself', "name: 'chat-queue'", 'name: queue.id', 'needs itself'],
  ])('finds %s', (_, from, to, expected) => {
    expect(problemsOf(from, to)).toContain(expected);
  });

  it('tells where a problem is', () => {
    expect(problemsOf('requiresSession: true', 'requiresSession: 1')).toMatch(
      /^modules\/queue\.bicep:14: queue/,
    );
  });

  it('knows the shapes of resources that Bicep itself knows, with what is required and what is read-only', () => {
    const text = JSON.stringify(resourceShapes);
    expect(Object.keys(resourceShapes).length).toBeGreaterThan(25);
    expect(text).toContain('"required":true');
    expect(text).toContain('"readOnly":true');
  });
});

describe('expressions', () => {
  const valueOf = (expression: string): unknown => {
    const text = `param b bool = false\nvar v = { a: { c: 'x' }, n: 2 }\noutput o string = string(${expression})`;
    return deploymentOf('main.bicep', {}, (path) => parseBicep(path, text)).outputs.o;
  };

  it.each([
    ["b ? 'y' : v.a.c", 'x'],
    ["(b ? { c: 'y' } : v.a).c", 'x'],
    ["v.?z ?? 'none'", 'none'],
    ["!b && v.n > 1 ? 'many' : 'few'", 'many'],
    ["'${v.a.c}-${v.n}'", 'x-2'],
    ["'${v.a.c} ${v.n} .'", 'x 2 .'],
    ['union({ p: 1 }, v.a)', '{"p":1,"c":"x"}'],
    ["map(['p', 'q'], (each, index) => '${each}${index}')", '["p0","q1"]'],
    ['flatten([[1], [2, 3]])', '[1,2,3]'],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toBe(expected);
  });
});
