import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import {
  contract,
  eventually,
  request,
  signingKey,
  User,
  type HistoryAnswer,
  type SendAnswer,
} from './chat.ts';

/** Who calls, as seen from a group in which `member` wrote a message with an attachment. */
export const roles = [
  'nobody',
  'stranger',
  'removed',
  'app admin',
  'other member',
  'member',
  'admin',
  'owner',
] as const;
export type Role = (typeof roles)[number];

/** A group with a message in it, and people of every role. */
export interface World {
  conversationId: string;
  messageId: string;
  attachmentId: string;
  /** Told of the group only; where one was made. */
  webhookId?: string;
  /** Those who exist: a role that no route gives yet has nobody. */
  tokens: Partial<Record<Role, string>>;
  ids: Partial<Record<Role, string>>;
}

const done = (status: number, body: unknown): void => {
  if (status >= 300) throw new Error(`The world could not be made: ${status} ${JSON.stringify(body)}`);
};

const appAdmin = (userId: string): Promise<string> =>
  new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(signingKey());

const openAccount = async (username: string): Promise<void> => {
  const { status, body } = await request('POST', '/users/register', {
    body: { username, password: 'open sesame' },
  });
  if (status !== 409) done(status, body);
};

const writeMessage = async (
  member: User,
  conversationId: string,
): Promise<Pick<World, 'messageId' | 'attachmentId'>> => {
  const { status, body } = await member.post<SendAnswer>(`/conversations/${conversationId}/messages`, {
    messageText: 'the plan',
    attachment: { fileName: 'plan.txt', contentType: 'text/plain', size: 4 },
  });
  done(status, body);
  const { uploadUrl = '', attachmentId = '' } = body.attachment ?? {};
  const uploaded = await fetch(uploadUrl, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' },
    body: 'plan',
  });
  done(uploaded.status, await uploaded.text());
  const completed = await member.post(`/attachments/${attachmentId}/complete`, {});
  done(completed.status, completed.body);
  const { messageId } = body;
  await eventually(async () => {
    const history = await member.get<HistoryAnswer>(`/conversations/${conversationId}/messages`);
    return history.body.items.find((message) => message.messageId === messageId);
  });
  return { messageId, attachmentId };
};

/** @param withAccounts everybody has a built-in account too; hashing their passwords takes time */
export const aWorld = async ({ withAccounts = false } = {}): Promise<World> => {
  const { document } = await contract();
  const [owner, admin, member, other, removed, stranger] = (await Promise.all(
    ['owner', 'admin', 'member', 'other', 'removed', 'stranger'].map((name) => User.create(name)),
  )) as [User, User, User, User, User, User];
  const everybody = [owner, admin, member, other, removed, stranger].map(({ id }) => id);
  const adminId = `app-admin-${randomBytes(5).toString('hex')}`;
  if (withAccounts) await Promise.all([...everybody, adminId].map(openAccount));
  const created = await owner.post<{ id: string }>('/conversations', {
    type: 'group',
    title: 'World',
    memberIds: [admin, member, other, removed].map(({ id }) => id),
  });
  done(created.status, created.body);
  const { id: conversationId } = created.body;
  const own = `/conversations/${conversationId}/members`;
  const template = '/conversations/{conversationId}/members/{memberId}';
  const message = await writeMessage(member, conversationId);
  const takesEffect = async (method: string, user: User, body?: object): Promise<boolean> => {
    if (!document.paths[template]?.[method.toLowerCase()]) return false; // there is no way to it yet
    const { status, body: answer } = await owner.call(method, `${own}/${user.id}`, body);
    done(status, answer);
    await eventually(async () => {
      const seen = await user.get<{ members?: { userId: string; role: string }[] }>(
        `/conversations/${conversationId}`,
      );
      const now = seen.body.members?.find(({ userId }) => userId === user.id)?.role;
      return (method === 'DELETE' ? seen.status === 403 : now === 'admin') ? true : undefined;
    });
    return true;
  };
  const [isAdmin, isRemoved] = await Promise.all([
    takesEffect('PATCH', admin, { role: 'admin' }),
    takesEffect('DELETE', removed),
  ]);
  const people: Partial<Record<Role, User>> = {
    ...{ stranger, member, owner, 'other member': other },
    ...(isAdmin && { admin }),
    ...(isRemoved && { removed }),
  };
  const each = <T>(pick: (user: User) => T): Partial<Record<Role, T>> =>
    Object.fromEntries(Object.entries(people).map(([role, user]) => [role, pick(user)]));
  return {
    ...{ conversationId, ...message },
    tokens: { ...each(({ token }) => token), 'app admin': await appAdmin(adminId) },
    ids: { ...each(({ id }) => id), 'app admin': adminId },
  };
};

/** Calls as somebody; nobody has no token. */
export const callAs = <T = { code?: string }>(
  world: World,
  role: Role,
  method: string,
  path: string,
  body?: unknown,
) => {
  const token = world.tokens[role];
  return request<T>(method, path, {
    ...(token !== undefined && { token }),
    ...(body !== undefined && { body }),
  });
};
