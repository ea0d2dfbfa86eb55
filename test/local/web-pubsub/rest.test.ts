import { type HubCloseAllConnectionsOptions, odata, type WebPubSubServiceClient } from '@azure/web-pubsub';
import { describe, expect, test } from 'vitest';
import { aClient, allRoles, anyService, aSocket, serverOf } from './support.ts';

/** Status of the last answer that the SDK got. */
const recorder = () => {
  let status = 0;
  return {
    onResponse: (response: { status: number }) => {
      status = response.status;
    },
    get status() {
      return status;
    },
  };
};

interface SdkError {
  statusCode: number;
  message: string;
}

const failure = async (promise: Promise<unknown>): Promise<SdkError> => {
  try {
    await promise;
  } catch (error) {
    return error as SdkError;
  }
  throw new Error('It should have been refused.');
};

/** The SDK passes it on, though its types do not say so. */
const except = (connectionId: string): HubCloseAllConnectionsOptions =>
  ({ excluded: [connectionId] }) as HubCloseAllConnectionsOptions;

const raw = (server: WebPubSubServiceClient, token = {}) =>
  server.getClientAccessToken(token).then(({ url }) => aSocket(url));

describe('sending', () => {
  test('a message to all reaches plain clients as the payload itself', async () => {
    const server = serverOf(await anyService());
    const { frames } = await raw(server);
    await server.sendToAll({ message: 'Hello world!' });
    await server.sendToAll('Hi there!', { contentType: 'text/plain' });
    await server.sendToAll(new Uint8Array([5, 1, 1]));
    expect(await frames.take(3)).toEqual(['{"message":"Hello world!"}', 'Hi there!', Buffer.from([5, 1, 1])]);
  });

  test('a message to all reaches JSON clients in frames of exactly this form', async () => {
    const server = serverOf(await anyService());
    const { url } = await server.getClientAccessToken();
    const { frames } = await aSocket(url, 'json.webpubsub.azure.v1');
    await frames.next();
    await server.sendToAll({ message: 'Hello world!' });
    await server.sendToAll('Hi there!', { contentType: 'text/plain' });
    await server.sendToAll(new Uint8Array([5, 1, 1]));
    expect(await frames.take(3)).toEqual([
      '{"type":"message","from":"server","dataType":"json","data":{"message":"Hello world!"}}',
      '{"type":"message","from":"server","dataType":"text","data":"Hi there!"}',
      '{"type":"message","from":"server","dataType":"binary","data":"BQEB"}',
    ]);
  });

  test('a message reaches every connection of its user, and nobody else', async () => {
    const server = serverOf(await anyService());
    const [phone, laptop] = [await raw(server, { userId: 'ann' }), await raw(server, { userId: 'ann' })];
    const other = await raw(server, { userId: 'bo' });
    await server.sendToUser('ann', 'for ann', { contentType: 'text/plain' });
    await server.sendToAll('for all', { contentType: 'text/plain' });
    expect(await phone.frames.next()).toBe('for ann');
    expect(await laptop.frames.next()).toBe('for ann');
    expect(await other.frames.next()).toBe('for all');
  });

  test('a message to a group reaches its members but the excluded', async () => {
    const server = serverOf(await anyService());
    const ann = await aClient(server, { userId: 'ann', groups: ['room'] });
    const bo = await aClient(server, { userId: 'bo', groups: ['room'] });
    await server.group('room').sendToAll('first', {
      contentType: 'text/plain',
      excludedConnections: [ann.connectionId],
    });
    await server.group('room').sendToAll('second', { contentType: 'text/plain' });
    expect(await bo.messages.take(2)).toEqual(['first', 'second']);
    expect(await ann.messages.next()).toBe('second');
  });

  test('a message to one connection reaches it alone', async () => {
    const server = serverOf(await anyService());
    const ann = await aClient(server, { userId: 'ann' });
    const again = await aClient(server, { userId: 'ann' });
    await server.sendToConnection(ann.connectionId, { only: 'here' });
    await server.sendToUser('ann', { both: true });
    expect(await ann.messages.take(2)).toEqual([{ only: 'here' }, { both: true }]);
    expect(await again.messages.next()).toEqual({ both: true });
  });

  test('sending to nobody is accepted', async () => {
    const server = serverOf(await anyService());
    const response = recorder();
    const options = { contentType: 'text/plain' as const, onResponse: response.onResponse };
    await server.sendToConnection('nobody', 'hello', options);
    expect(response.status).toBe(202);
    await server.sendToUser('nobody', 'hello', options);
    expect(response.status).toBe(202);
    await server.group('nobody').sendToAll('hello', options);
    expect(response.status).toBe(202);
    await server.sendToAll('hello', options);
    expect(response.status).toBe(202);
  });

  test('hub names do not distinguish case', async () => {
    const service = await anyService();
    const { frames } = await raw(serverOf(service, service.hub.toUpperCase()));
    await serverOf(service).sendToAll('hello', { contentType: 'text/plain' });
    expect(await frames.next()).toBe('hello');
  });

  test('a time to live beyond 300 s is refused', async () => {
    const server = serverOf(await anyService());
    const send = (messageTtlSeconds: number) =>
      server.sendToAll('x', { contentType: 'text/plain', messageTtlSeconds });
    await expect(send(300)).resolves.not.toThrow();
    expect((await failure(send(301))).statusCode).toBe(400);
  });
});

describe('filters', () => {
  test('only the connections that match are sent to', async () => {
    const server = serverOf(await anyService());
    const { frames } = await raw(server, { groups: ['groupA'] });
    const send = (text: string, filter: string) =>
      server.sendToAll(text, { contentType: 'text/plain', filter });
    await send('anonymous', 'userId eq null');
    await send('not this', "userId in ('a', 'b')");
    await send('groups', odata`${'groupA'} in groups and not(${'groupB'} in groups)`);
    await send('not this', 'length(groups) gt 1');
    await send('last', 'length(groups) eq 1');
    expect(await frames.take(3)).toEqual(['anonymous', 'groups', 'last']);
  });

  test("a filter that cannot be read is refused in Azure's words, wherever it is used", async () => {
    const server = serverOf(await anyService());
    const wording =
      "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')";
    const options = { filter: 'invalid filter', contentType: 'text/plain' as const };
    for (const call of [
      server.sendToAll('x', options),
      server.sendToUser('u', 'x', options),
      server.group('g').sendToAll('x', options),
      server.addConnectionsToGroups(['g'], 'invalid filter'),
      server.removeConnectionsFromGroups(['g'], 'invalid filter'),
    ]) {
      const error = await failure(call);
      expect(error.statusCode).toBe(400);
      expect(JSON.parse(error.message)).toMatchObject({ message: wording });
    }
  });
});

describe('connections, users, groups', () => {
  test('what exists is there, what does not is not', async () => {
    const server = serverOf(await anyService());
    const { connectionId } = await aClient(server, { userId: 'ann', groups: ['room'] });
    expect(await server.connectionExists(connectionId)).toBe(true);
    expect(await server.userExists('ann')).toBe(true);
    expect(await server.groupExists('room')).toBe(true);
    expect(await server.connectionExists('nobody')).toBe(false);
    expect(await server.userExists('nobody')).toBe(false);
    expect(await server.groupExists('nobody')).toBe(false);
  });

  test('a group ends when its last member leaves', async () => {
    const server = serverOf(await anyService());
    const { connectionId } = await aClient(server, { userId: 'ann' });
    await server.group('room').addConnection(connectionId);
    expect(await server.groupExists('room')).toBe(true);
    await server.group('room').removeConnection(connectionId);
    expect(await server.groupExists('room')).toBe(false);
  });

  test('all connections of a user join and leave together', async () => {
    const server = serverOf(await anyService());
    const [phone, laptop] = [
      await aClient(server, { userId: 'ann' }),
      await aClient(server, { userId: 'ann' }),
    ];
    await server.group('room').addUser('ann');
    await server.group('room').sendToAll('in');
    expect([await phone.messages.next(), await laptop.messages.next()]).toEqual(['in', 'in']);
    await server.removeUserFromAllGroups('ann');
    expect(await server.groupExists('room')).toBe(false);
    await server.group('room').addUser('ann');
    await server.group('room').removeUser('ann');
    expect(await server.groupExists('room')).toBe(false);
  });

  test('groups can be given and taken by filter', async () => {
    const server = serverOf(await anyService());
    await aClient(server, { userId: 'ann' });
    await aClient(server, { userId: 'bo' });
    const response = recorder();
    await server.addConnectionsToGroups(['one', 'two'], odata`userId eq ${'ann'}`, response);
    expect(response.status).toBe(200);
    expect(await memberIds(server, 'one')).toEqual(['ann']);
    expect(await memberIds(server, 'two')).toEqual(['ann']);
    await server.removeConnectionsFromGroups(['two'], odata`userId eq ${'ann'}`, response);
    expect(response.status).toBe(200);
    expect(await memberIds(server, 'two')).toEqual([]);
  });

  test('adding who is not connected is an error, removing is not', async () => {
    const server = serverOf(await anyService());
    expect((await failure(server.group('room').addUser('nobody'))).statusCode).toBe(404);
    expect((await failure(server.group('room').addConnection('nobody'))).statusCode).toBe(404);
    const response = recorder();
    await server.group('room').removeConnection('nobody', response);
    expect(response.status).toBe(204);
    await server.removeConnectionFromAllGroups('nobody', response);
    expect(response.status).toBe(204);
    await server.removeUserFromAllGroups('nobody', response);
    expect(response.status).toBe(204);
    await server.group('room').removeUser('nobody', response);
    expect(response.status).toBe(204);
  });

  test.each([
    { options: {}, items: 6, pages: 1 },
    { options: { top: 3 }, items: 3, pages: 1 },
    { options: { maxPageSize: 2 }, items: 6, pages: 3 },
    { options: { top: 5, maxPageSize: 2 }, items: 5, pages: 3 },
    { options: { top: 6, maxPageSize: 6 }, items: 6, pages: 1 },
  ])('six members listed with $options are $items on $pages pages', async ({ options, items, pages }) => {
    const server = serverOf(await anyService());
    for (let i = 0; i < 6; i++) await raw(server, { groups: ['room'] });
    const seen = new Set<string>();
    let pageCount = 0;
    for await (const page of (await server.group('room').listConnections(options)).byPage()) {
      for (const { connectionId } of page) seen.add(connectionId);
      pageCount++;
    }
    expect([seen.size, pageCount]).toEqual([items, pages]);
  });
});

const memberIds = async (server: WebPubSubServiceClient, group: string): Promise<(string | undefined)[]> => {
  const users: (string | undefined)[] = [];
  for await (const { userId } of await server.group(group).listConnections()) users.push(userId);
  return users;
};

describe('closing', () => {
  test('a closed client is told the reason, then closed with 1000', async () => {
    const server = serverOf(await anyService());
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const { frames, closed } = await aSocket(url, 'json.webpubsub.azure.v1');
    const { connectionId } = JSON.parse((await frames.next()) as string) as { connectionId: string };
    await server.closeConnection(connectionId, { reason: 'kicked' });
    expect(await frames.next()).toBe('{"type":"system","event":"disconnected","message":"kicked"}');
    expect(await closed).toEqual({ code: 1000, reason: 'kicked' });
    expect(await server.userExists('ann')).toBe(false);
  });

  test('users, groups and hubs are closed but for the excluded', async () => {
    const server = serverOf(await anyService());
    const [ann, bo, cy] = [
      await raw(server, { userId: 'ann' }),
      await raw(server, { userId: 'bo', groups: ['room'] }),
      await raw(server, { userId: 'cy' }),
    ];
    const kept = await aClient(server, { userId: 'cy', groups: ['room'] });
    await server.closeUserConnections('ann');
    expect((await ann.closed).code).toBe(1000);
    await server.group('room').closeAllConnections(except(kept.connectionId));
    expect((await bo.closed).code).toBe(1000);
    await server.closeAllConnections({ ...except(kept.connectionId), reason: 'over' });
    expect(await cy.closed).toEqual({ code: 1000, reason: 'over' });
    expect(await server.connectionExists(kept.connectionId)).toBe(true);
  });

  test('closing nobody is no error', async () => {
    const server = serverOf(await anyService());
    const response = recorder();
    await server.closeAllConnections(response);
    expect(response.status).toBe(204);
    await server.closeUserConnections('nobody', response);
    expect(response.status).toBe(204);
    await server.closeConnection('nobody', response);
    expect(response.status).toBe(204);
  });
});

describe('permissions', () => {
  test('what is granted is had, what is revoked is not', async () => {
    const server = serverOf(await anyService());
    const { client, connectionId } = await aClient(server);
    const room = { targetName: 'room' };
    await expect(client.joinGroup('room')).rejects.toMatchObject({ errorDetail: { name: 'Forbidden' } });
    await server.grantPermission(connectionId, 'joinLeaveGroup', room);
    expect(await server.hasPermission(connectionId, 'joinLeaveGroup', room)).toBe(true);
    expect(await server.hasPermission(connectionId, 'sendToGroup', room)).toBe(false);
    expect(await server.hasPermission(connectionId, 'joinLeaveGroup', { targetName: 'other' })).toBe(false);
    await client.joinGroup('room');
    await server.revokePermission(connectionId, 'joinLeaveGroup', room);
    expect(await server.hasPermission(connectionId, 'joinLeaveGroup', room)).toBe(false);
    await expect(client.leaveGroup('room')).rejects.toMatchObject({ errorDetail: { name: 'Forbidden' } });
  });

  test('a permission without a target covers every group, until it is revoked', async () => {
    const server = serverOf(await anyService());
    const { connectionId } = await aClient(server, { roles: allRoles });
    expect(await server.hasPermission(connectionId, 'sendToGroup')).toBe(true);
    expect(await server.hasPermission(connectionId, 'sendToGroup', { targetName: 'any' })).toBe(true);
    await server.revokePermission(connectionId, 'sendToGroup');
    expect(await server.hasPermission(connectionId, 'sendToGroup')).toBe(false);
    await server.grantPermission(connectionId, 'sendToGroup');
    expect(await server.hasPermission(connectionId, 'sendToGroup')).toBe(true);
  });

  test('granting to a connection that does not exist is an error, revoking is not', async () => {
    const server = serverOf(await anyService());
    expect((await failure(server.grantPermission('nobody', 'sendToGroup'))).statusCode).toBe(404);
    await expect(server.revokePermission('nobody', 'sendToGroup')).resolves.not.toThrow();
    expect(await server.hasPermission('nobody', 'sendToGroup')).toBe(false);
  });
});

describe('who may call', () => {
  test('a call without the access key is refused', async () => {
    const { endpoint, connectionString, hub } = await anyService();
    const url = `${endpoint.origin}/api/hubs/${hub}/users/ann`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(401);
    const wrongKey = connectionString.replace(/AccessKey=[^;]+/, `AccessKey=${'x'.repeat(44)}`);
    const error = await failure(serverOf({ connectionString: wrongKey, hub }).sendToAll('x'));
    expect(error.statusCode).toBe(401);
  });
});
