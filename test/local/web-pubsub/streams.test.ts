import { describe, expect, test } from 'vitest';
import { aClient, allRoles, anyService, aSocket, serverOf, watchStreams } from './support.ts';

const aRoom = async () => {
  const server = serverOf(await anyService());
  const sender = await aClient(server, { userId: 'ann', roles: allRoles, groups: ['room'] });
  const receiver = await aClient(server, { userId: 'bo', groups: ['room'] });
  return { server, sender, receiver };
};

describe('a stream to a group', () => {
  test('arrives chunk by chunk, and ends', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watchStreams(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    await stream.write({ two: 2 }, 'json');
    await stream.end();
    expect(await seen.take(3)).toEqual(['one', { two: 2 }, 'END']);
  });

  test('that is aborted ends with the error of its sender', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watchStreams(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    await stream.abort({ message: 'changed my mind', userErrorCode: 'Changed' });
    expect(await seen.take(2)).toEqual(['one', 'UserError']);
  });

  test('ends for its receivers when its sender goes away', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watchStreams(receiver);
    const stream = await sender.client.openGroupStream('room');
    await stream.write('one', 'text');
    expect(await seen.next()).toBe('one');
    sender.client.stop();
    expect(await seen.next()).toBe('ConnectionClosed');
  });

  test('is closed when nothing comes for longer than it said', async () => {
    const { sender, receiver } = await aRoom();
    const seen = watchStreams(receiver);
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
    const server = serverOf(await anyService());
    const { client } = await aClient(server);
    await expect(client.openGroupStream('room')).rejects.toThrow('permission');
  });

  test('takes each chunk once, and asks for one that is missing', async () => {
    const server = serverOf(await anyService());
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
