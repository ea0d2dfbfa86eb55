import { describe, expect, test } from 'vitest';
import {
  aClient,
  aHubWith,
  allRoles,
  anApplication,
  aService,
  aSocket,
  aWire,
  Inbox,
  type OfficialClient,
  serverOf,
} from './support.ts';

/** What a client sees of the streams of its groups: chunks, then END or the error. */
const watch = ({ client }: OfficialClient): Inbox<unknown> => {
  const seen = new Inbox<unknown>();
  client.onGroupStream(async (stream) => {
    try {
      for await (const message of stream) seen.push(message.data);
      seen.push('END');
    } catch (error) {
      seen.push((error as Error).name);
    }
  });
  return seen;
};

const aRoom = async () => {
  const server = serverOf(await aService());
  const sender = await aClient(server, { userId: 'ann', roles: allRoles, groups: ['room'] });
  const receiver = await aClient(server, { userId: 'bo', groups: ['room'] });
  return { server, sender, receiver };
};

describe('a stream to a group', () => {
  test('arrives chunk by chunk, and ends', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watch(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    await stream.write({ two: 2 }, 'json');
    await stream.end();
    expect(await seen.take(3)).toEqual(['one', { two: 2 }, 'END']);
  });

  test('that is aborted ends with the error of its sender', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watch(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    await stream.abort({ message: 'changed my mind', userErrorCode: 'Changed' });
    expect(await seen.take(2)).toEqual(['one', 'UserError']);
  });

  test('goes on after its sender lost the network', async () => {
    const service = await aService();
    const server = serverOf(service);
    const wire = await aWire(service.port);
    const behindWire = (url: string) => url.replace(`:${service.port}/`, `:${wire.port}/`);
    const sender = await aClient(server, { roles: allRoles }, {}, behindWire);
    const seen = watch(await aClient(server, { groups: ['room'] }));
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    expect(await seen.next()).toBe('one');
    wire.cut();
    await stream.write('two', 'text');
    await stream.write('three', 'text');
    await stream.end();
    expect(await seen.take(3)).toEqual(['two', 'three', 'END']);
  });

  test('ends for its receivers when its sender goes away', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watch(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    expect(await seen.next()).toBe('one');
    sender.client.stop();
    expect(await seen.next()).toBe('ConnectionClosed');
  });

  test('is closed when nothing comes for longer than it said', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watch(receiver);
    const stream = await sender.client.openGroupStream('room', { idleTimeoutInMs: 300 });
    const problem = new Promise<string>((resolve) => {
      stream.onError((error) => {
        resolve(error.name);
      });
    });
    await stream.write('one', 'text');
    expect(await seen.take(2)).toEqual(['one', 'IdleTimeout']);
    expect(await problem).toBe('IdleTimeout');
  });

  test('needs the right to send to the group', async () => {
    const server = serverOf(await aService());
    const { client } = await aClient(server);
    await expect(client.openGroupStream('room')).rejects.toThrow('permission');
  });

  test('takes each chunk once, and asks for one that is missing', async () => {
    const server = serverOf(await aService());
    const { url } = await server.getClientAccessToken({ roles: allRoles, groups: ['room'] });
    const { frames, send } = await aSocket(url, 'json.webpubsub.azure.v1');
    await frames.next();
    const chunk = (streamSequenceId: number) => ({
      type: 'streamData',
      streamId: 's',
      streamSequenceId,
      dataType: 'text',
      data: 'x',
    });
    send({ type: 'sendToGroup', group: 'room', noEcho: true, stream: { streamId: 's' } });
    send(chunk(1));
    send(chunk(1));
    send(chunk(3));
    send({ type: 'streamEnd', streamId: 'other' });
    const answers = (await frames.take(5)).map((frame) => JSON.parse(frame as string) as object);
    expect(answers).toMatchObject([
      { type: 'streamAck', expectedSequenceId: 1 },
      { type: 'streamAck', expectedSequenceId: 2 },
      { type: 'streamAck', expectedSequenceId: 2 },
      { type: 'streamNack', expectedSequenceId: 2, name: 'InvalidSequenceId' },
      { type: 'streamClosed', streamId: 'other', error: { name: 'StreamNotFound' } },
    ]);
  });
});

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
