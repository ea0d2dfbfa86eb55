import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { aClient, anyService, aWiredClient, watchStreams } from './support.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a reliable client whose network fails', () => {
  test('gets everything once and in order, on the same connection', async () => {
    const { server, wire, messages, connected, connectionId } = await aWiredClient(await anyService());
    for (const index of range(300)) {
      if (index === 100 || index === 200) wire.cut();
      await server.group('room').sendToAll({ index });
    }
    const received = await messages.take(300);
    expect(received).toEqual(range(300).map((index) => ({ index })));
    expect(messages.size).toBe(0);
    expect(connected.size).toBe(0); // "connected" is told again only for another connection
    expect(await server.connectionExists(connectionId)).toBe(true);
  });

  test('stays in its groups and keeps its rights', async () => {
    const { server, wire, client, messages } = await aWiredClient(await anyService());
    wire.cut();
    await once(wire.signals, 'accepted');
    await server.group('room').sendToAll('still a member');
    expect(await messages.next()).toBe('still a member');
    await client.joinGroup('another');
  });
});

test('a stream to a group goes on after its sender lost the network', async () => {
  const { server, wire, client } = await aWiredClient(await anyService());
  const seen = watchStreams(await aClient(server, { groups: ['room'] }));
  const stream = await client.openGroupStream('room');
  await stream.write('one', 'text');
  expect(await seen.next()).toBe('one');
  wire.cut();
  await stream.write('two', 'text');
  await stream.write('three', 'text');
  await stream.end();
  expect(await seen.take(3)).toEqual(['two', 'three', 'END']);
});
