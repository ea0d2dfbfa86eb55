import { describe, expect, test } from 'vitest';
import { aClient, aHubWith, anApplication, aService, aSocket, serverOf } from './support.ts';

describe('an invocation', () => {
  test("is answered with the handler's reply", async () => {
    const application = await anApplication(({ body }) => ({
      headers: { 'content-type': 'application/json' },
      body: `{"echo":${body}}`,
    }));
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    const { data } = await client.invokeEvent('calc', { z: 2 }, 'json');
    expect(data).toEqual({ echo: { z: 2 } });
  });

  test('that the handler refuses fails, and is not repeated', async () => {
    const application = await anApplication(() => ({ status: 400 }));
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    await expect(client.invokeEvent('calc', 'x', 'text')).rejects.toMatchObject({
      name: 'InvocationError',
      errorDetail: { name: 'InternalServerError', message: 'The event handler returned 400.' },
    });
    expect(application.events.size).toBe(1);
  });

  test('whose id is in use is refused', async () => {
    const gate = Promise.withResolvers<object>();
    const application = await anApplication(() => gate.promise);
    const server = serverOf(await aService(aHubWith(application.url)));
    const { frames, send } = await aSocket(
      (await server.getClientAccessToken()).url,
      'json.webpubsub.azure.v1',
    );
    await frames.next();
    const invoke = { type: 'invoke', invocationId: 'one', target: 'event', event: 'e' };
    send(invoke);
    send(invoke);
    expect(await frames.next()).toContain('"name":"BadRequest"');
    gate.resolve({});
    expect(await frames.next()).toBe('{"type":"invokeResponse","invocationId":"one","success":true}');
    expect(application.events.size).toBe(1);
  });

  test('that is one of a hundred holds back the client until any of them has been answered', async () => {
    const gate = Promise.withResolvers<object>();
    const application = await anApplication(() => gate.promise);
    const server = serverOf(await aService(aHubWith(application.url)));
    const { frames, send } = await aSocket(
      (await server.getClientAccessToken()).url,
      'json.webpubsub.azure.v1',
    );
    await frames.next();
    for (let id = 0; id < 101; id++) send({ type: 'invoke', invocationId: String(id), event: 'e' });
    await application.events.take(100);
    gate.resolve({});
    const answers = (await frames.take(101)).map((frame) => JSON.parse(frame as string) as object);
    expect(answers.at(-1)).toMatchObject({ invocationId: '100', success: true });
  });

  test('does not hold back what the client does meanwhile, and can be cancelled', async () => {
    const called = Promise.withResolvers<undefined>();
    const application = await anApplication(async ({ headers }) => {
      if (headers['ce-eventname'] !== 'slow') return {};
      called.resolve(undefined);
      return new Promise(() => undefined);
    });
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    const cancellation = new AbortController();
    const slow = client.invokeEvent('slow', 'x', 'text', { abortSignal: cancellation.signal });
    await called.promise;
    await client.sendEvent('fast', 'x', 'text');
    cancellation.abort();
    await expect(slow).rejects.toThrow();
  });
});
