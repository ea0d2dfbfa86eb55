import { expect, it, onTestFinished } from 'vitest';
import type { ConversationView } from '../shared/contract/conversations.ts';
import { User } from './support/chat.ts';

const userCount = 90; // whom one request can add

it(
  '200 devices that come back at once are all let in, and get what is said from then on',
  { timeout: 120_000 },
  async () => {
    const speaker = await User.create('speaker');
    const users = await Promise.all(Array.from({ length: userCount }, () => User.create('storm')));
    const memberIds = users.map(({ id }) => id);
    const created = await speaker.post<ConversationView>('/conversations', { type: 'group', memberIds });
    const { id } = created.body;
    // Two of each, and the others of those who have three.
    const owners = [...users, ...users, ...users.slice(0, 200 - 2 * userCount)];
    const devices = await Promise.all(owners.map((user) => user.goOnline()));
    onTestFinished(() => {
      for (const device of devices) device.stop();
    });
    for (const device of devices) expect((await device.event('connected')).conversations).toEqual([id]);
    const said = await speaker.post(`/conversations/${id}/messages`, { messageText: 'Welcome back!' });
    expect(said.status).toBe(202);
    const heard = await Promise.all(devices.map((device) => device.event('message.created')));
    expect(new Set(heard.map(({ message }) => message.messageId))).toEqual(new Set([said.body.messageId]));
    expect(heard).toHaveLength(200);
  },
);
