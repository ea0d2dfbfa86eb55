import { globSync, readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { parse } from '../../../functions/http/body.ts';
import { problems } from '../../../functions/http/problems.ts';
import { problemsOf } from '../../../functions/http/route-problems.ts';
import type { Route } from '../../../functions/http/route.ts';
import { clientEventHandler } from '../../../functions/cloud-events/client-event.ts';
import { Components, type JsonObject } from '../../../functions/openapi/components.ts';
import { describeApi } from '../../../functions/openapi/document.ts';
import { exampleOf } from '../../../functions/openapi/examples.ts';
import { routesOf } from '../../../functions/routes.ts';
import { clientEvents } from '../../../shared/contract/client-events.ts';
import { serverEvents } from '../../../shared/contract/server-events.ts';
import { offlineServices, offlineSettings } from '../../support/offline-services.ts';

const services = offlineServices({ MAX_MESSAGE_LENGTH: '1234', MAX_ATTACHMENT_BYTES: '5678' });
afterAll(() => services.close());

const routes = routesOf(services);
const document = describeApi(routes, services.messageLimits);

const operationOf = ({ path, method }: Pick<Route, 'path' | 'method'>): JsonObject =>
  document.paths[`/${path}`]?.[method.toLowerCase()] ?? {};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the document', () => {
  it('has every HTTP function that the app registers, and no other', async () => {
    const registered: string[] = [];
    const spy = vi.spyOn(app, 'http').mockImplementation((name, options) => {
      const { methods = [], route = '' } = options as { methods?: string[]; route?: string };
      for (const method of methods) registered.push(`${name} ${method.toLowerCase()} /${route}`);
    });
    for (const [name, value] of Object.entries(offlineSettings)) vi.stubEnv(name, value);
    await import('../../../functions/index.ts');
    vi.unstubAllEnvs();
    spy.mockRestore();
    const described = operations.map(
      ({ path, method, operation }) => `${String(operation.operationId)} ${method} ${path}`,
    );
    // What browsers ask by themselves is no call of an app's.
    expect([...described, 'preflight options /{*path}'].sort()).toEqual(registered.sort());
    expect(registered.length).toBeGreaterThan(20);
  });

  it('cannot be gone round: functions are registered in one place', () => {
    const files = globSync('functions/**/*.ts').filter((file) =>
      /\bapp\.(?:http|get|put|post|patch|deleteRequest)\(/.test(readFileSync(file, 'utf8')),
    );
    expect(files).toEqual(['functions/http/register.ts']);
  });

  it('has no two operations of one name, nor two schemas', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('tells the limits that are settings', () => {
    const { requestBody } = operationOf({ path: 'sendMessage', method: 'POST' });
    const text = JSON.stringify(requestBody);
    expect(text).toContain('"maxLength":1234');
    expect(text).toContain('"maximum":5678');
  });

  it('says who needs a token', () => {
    expect(document.security).toEqual([{ bearer: [] }]);
    const open = routes.filter((route) => JSON.stringify(operationOf(route).security) === '[]');
    expect(open.map(({ access }) => access)).toEqual(open.map(() => 'anyone'));
    expect(open.map(({ name }) => name)).toEqual(
      routes.filter(({ access }) => access === 'anyone').map(({ name }) => name),
    );
  });

  it.each(
    routes.filter(({ access }) => access !== 'web pubsub').map((route) => [route.name, route] as const),
  )('%s names its problems under their statuses', (_, route) => {
    const { responses } = operationOf(route) as { responses: Record<string, { $ref?: string }> };
    for (const code of problemsOf(route)) {
      const { $ref = '' } = responses[problems[code].status] ?? {};
      expect($ref.split('/').at(-1)?.split('.')).toContain(code);
    }
    expect(responses[500]).toEqual({ $ref: '#/components/responses/internal-error' });
  });
});

const schemas: [string, z.ZodType, 'input' | 'output'][] = [
  ...routes.flatMap(({ name, body, replies }) => [
    ...(body ? [[`the body of ${name}`, body, 'input'] as [string, z.ZodType, 'input']] : []),
    ...Object.entries(replies).flatMap(([status, { schema }]) =>
      schema ? [[`${status} of ${name}`, schema, 'output'] as [string, z.ZodType, 'output']] : [],
    ),
  ]),
  ...serverEvents.map((event): [string, z.ZodType, 'output'] => [
    `the event ${[...event.shape.type.values].join()}`,
    event,
    'output',
  ]),
  ...Object.entries(clientEvents(services.messageLimits)).map(
    ([name, { data }]): [string, z.ZodType, 'input'] => [`the client event ${name}`, data, 'input'],
  ),
];

describe('an example', () => {
  it.each(schemas)('of %s is what the server takes or gives', (_, schema, io) => {
    const components = new Components();
    const example = exampleOf(components.schemaOf(schema, io), components);
    expect(() => parse(schema, example)).not.toThrow();
  });
});

describe('the events of clients', () => {
  it.each(Object.keys(clientEvents(services.messageLimits)))(
    '%s is one that the server knows',
    async (name) => {
      const handle = clientEventHandler(services);
      const { answer } = await handle({
        ...{ name, userId: 'ann', data: [], refusal: undefined, traceparent: '', eventId: 'e-1' },
      });
      expect(answer).not.toMatchObject({ type: 'error', code: 'unknown-event' });
    },
  );
});
