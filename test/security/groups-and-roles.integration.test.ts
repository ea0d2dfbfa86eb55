import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { aSocket } from '../local/web-pubsub/support.ts';
import { eventually, User } from '../support/chat.ts';

/** What clients may do at their socket besides sending events: nothing. Raw frames, as no client of ours would send. */

const reliable = 'json.reliable.webpubsub.azure.v1';

interface Frame {
  type: string;
  event?: string;
  success?: boolean;
  ackId?: number;
  error?: { name: string };
  data?: { type: string; conversationId?: string; message?: { messageText: string } };
  connectionId?: string;
  reconnectionToken?: string;
}

/** A device that speaks for itself, with all that it is told. */
const aBareDevice = async (url: string) => {
  const { socket, frames, send, closed } = await aSocket(url, reliable);
  const seen: Frame[] = [];
  const until = async (isIt: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const found = seen.find(isIt);
      if (found) return found;
      seen.push(JSON.parse((await frames.next()) as string) as Frame);
    }
  };
  let ackId = 0;
  const ask = async (frame: object): Promise<Frame> => {
    const id = ++ackId;
    send({ ...frame, ackId: id });
    return until((answer) => answer.type === 'ack' && answer.ackId === id);
  };
  const hear = (text: string): Promise<Frame> => until(({ data }) => data?.message?.messageText === text);
  return { socket, seen, until, ask, hear, send, closed };
};

const aGroupOf = async (owner: User, ...members: User[]): Promise<{ conversationId: string; at: string }> => {
  const { body } = await owner.post<{ id: string }>('/conversations', {
    type: 'group',
    memberIds: members.map(({ id }) => id),
  });
  return { conversationId: body.id, at: `/conversations/${body.id}` };
};

const people = async (...names: string[]): Promise<User[]> =>
  Promise.all(names.map((name) => User.create(name)));

const wildcards = ['*', '**', '?', 'g-*', 'd-*', '.', '..', '$all', 'a.b'];

describe('the URL of negotiate', () => {
  it('gives no right to join, leave or send to any group, and none to name oneself another', async () => {
    const [ann] = (await people('ann')) as [User];
    const url = new URL(await ann.negotiate());
    const claims = decodeJwt(url.searchParams.get('access_token') ?? '');
    expect(claims.sub).toBe(ann.id);
    expect(Object.keys(claims).filter((name) => /role|group/i.test(name))).toEqual([]);
    expect((claims.exp ?? 0) - Date.now() / 1000).toBeLessThan(3600);
  });
});

describe('a client at its socket', () => {
  it('is refused whatever it asks of groups: its own, others’, and any pattern', async () => {
    const [ann, bo, eve] = (await people('ann', 'bo', 'eve')) as [User, User, User];
    const { conversationId: theirs, at } = await aGroupOf(ann, bo);
    const { conversationId: own } = await aGroupOf(eve, bo);
    const [bos, eves] = [await aBareDevice(await bo.negotiate()), await aBareDevice(await eve.negotiate())];
    await eves.until(({ data }) => data?.type === 'connected');
    for (const group of [theirs, own, ...wildcards]) {
      const data = { type: 'message.created', conversationId: theirs, message: { messageText: 'forged' } };
      for (const frame of [
        { type: 'joinGroup', group },
        { type: 'sendToGroup', group, dataType: 'json', data },
        { type: 'sendToGroup', group, dataType: 'json', data, noEcho: true },
        { type: 'leaveGroup', group },
      ])
        expect(await eves.ask(frame)).toMatchObject({ success: false, error: { name: 'Forbidden' } });
    }
    await ann.post(`${at}/messages`, { messageText: 'for members' });
    await bos.hear('for members');
    await ann.send(eve, 'for eve');
    await eves.hear('for eve');
    const texts = [...bos.seen, ...eves.seen].map(({ data }) => data?.message?.messageText);
    expect(texts).not.toContain('forged');
    expect(eves.seen.filter(({ data }) => data?.conversationId === theirs)).toEqual([]);
  });

  it('remains in its groups though it asks to leave them', async () => {
    const [ann, bo] = (await people('ann', 'bo')) as [User, User];
    const { conversationId, at } = await aGroupOf(ann, bo);
    const bos = await aBareDevice(await bo.negotiate());
    await bos.until(({ data }) => data?.type === 'connected');
    expect(await bos.ask({ type: 'leaveGroup', group: conversationId })).toMatchObject({ success: false });
    await ann.post(`${at}/messages`, { messageText: 'still here?' });
    await bos.hear('still here?');
  });
});

describe('the name of a group', () => {
  it('is the id of a conversation and nothing that a client chooses, whatever an externalRef is', async () => {
    const [ann, bo] = (await people('ann', 'bo')) as [User, User];
    for (const externalRef of ['*', '**', '?', 'a.b.*', '../all', "g' or 1 eq 1", '$all'].map(
      (ref) => `${ref} ${ann.id}`,
    )) {
      const { status, body } = await ann.post<{ id: string }>('/conversations', {
        ...{ type: 'group', memberIds: [bo.id], externalRef },
      });
      expect([status, body.id]).toEqual([201, expect.stringMatching(/^g-[\w-]{24}$/)]);
    }
  });

  it('of another user’s id widens no filter: who joins is the one who is named', async () => {
    const [ann, bo] = (await people('ann', 'bo')) as [User, User];
    const bos = await aBareDevice(await bo.negotiate());
    await bos.until(({ data }) => data?.type === 'connected');
    const odd = await User.create(`x' or userId ne '`);
    const { at } = await aGroupOf(ann, odd);
    await ann.post(`${at}/messages`, { messageText: 'not for bo' });
    await odd.inboxWith(1);
    await ann.send(bo, 'for bo');
    await bos.hear('for bo');
    expect(bos.seen.map(({ data }) => data?.message?.messageText)).not.toContain('not for bo');
  });
});

describe('who was removed', () => {
  it('is told nothing any more on any device, nor on one that comes back from a cut with its old token', async () => {
    const [ann, bo, eve] = (await people('ann', 'bo', 'eve')) as [User, User, User];
    const { conversationId, at } = await aGroupOf(ann, bo, eve);
    const away = await aBareDevice(await eve.negotiate());
    const { connectionId, reconnectionToken } = await away.until(({ event }) => event === 'connected');
    const [phone, laptop, bos] = [
      await aBareDevice(await eve.negotiate()),
      await aBareDevice(await eve.negotiate()),
      await aBareDevice(await bo.negotiate()),
    ];
    for (const device of [away, phone, laptop]) await device.until(({ data }) => data?.type === 'connected');
    away.socket.terminate(); // the service keeps its place for a while

    expect((await ann.call('DELETE', `${at}/members/${eve.id}`)).status).toBe(202);
    await eventually(async () => ((await eve.get(at)).status === 403 ? true : undefined));
    await phone.until(({ data }) => data?.type === 'member.removed');
    const url = new URL(await eve.negotiate());
    url.searchParams.set('awps_connection_id', connectionId ?? '');
    url.searchParams.set('awps_reconnection_token', reconnectionToken ?? '');
    const back = await aBareDevice(url.href);

    await ann.post(`${at}/messages`, { messageText: 'without eve' });
    await bos.hear('without eve');
    await ann.send(eve, 'goodbye');
    for (const device of [phone, laptop, back]) {
      await device.hear('goodbye');
      expect(device.seen.map(({ data }) => data?.message?.messageText)).not.toContain('without eve');
    }
    for (const [method, path, body] of [
      ['POST', '/messages', { messageText: 'x' }],
      ['POST', '/typing', { isTyping: true }],
      ['GET', '/changes?after=0', undefined],
      ['GET', '/presence', undefined],
    ] as const)
      expect((await eve.call(method, `${at}${path}`, body)).body.code).toBe('not-a-member');
    const ack = await (await eve.goOnline()).ask('typing', { conversationId, isTyping: true });
    expect(ack).toMatchObject({ ok: false, error: { code: 'not-a-member' } });
  });
});
