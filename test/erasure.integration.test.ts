import { expect, it } from 'vitest';
import { TableClient } from '@azure/data-tables';
import { inject } from 'vitest';
import type { JobReport } from '../shared/contract/jobs.ts';
import { eventually, request, User, type SendAnswer } from './support/chat.ts';

const secret = `secret-${process.pid}-${Date.now().toString(36)}`;

/** An account of its own, and who logs in with it. */
const anAccount = async (): Promise<{ username: string; password: string; email: string; token: string }> => {
  const username = `ann-${Math.random().toString(36).slice(2)}`;
  const credentials = { username, password: 'open sesame' };
  const email = `${username}@example.com`;
  const profile = { ...credentials, email, fullName: 'Ann Ash' };
  expect((await request('POST', '/users/register', { body: profile })).status).toBe(201);
  const { body } = await request<{ token: string }>('POST', '/users/login', { body: credentials });
  return { ...credentials, email, token: body.token };
};

const report = async (jobId: string): Promise<JobReport> =>
  (await request('GET', `/jobs/${jobId}`)).body as unknown as JobReport;

/** Whether any row of a table holds what is secret. */
const holdsSecret = async (table: string): Promise<string[]> => {
  const client = TableClient.fromConnectionString(inject('stack').settings.StorageConnection ?? '', table, {
    allowInsecureConnection: true,
  });
  const found: string[] = [];
  for await (const row of client.listEntities())
    if (JSON.stringify(row).includes(secret)) found.push(`${row.partitionKey}/${row.rowKey}`);
  return found;
};

it('who erases themselves leaves no word behind, and others see that it is gone', async () => {
  const account = await anAccount();
  const call = (method: string, path: string, body?: unknown) =>
    request(method, path, { token: account.token, ...(body !== undefined && { body }) });
  const [bo, cy] = await Promise.all([User.create('bo'), User.create('cy')]);
  const device = await bo.goOnline();

  const { body: direct } = await request<SendAnswer>('POST', '/sendMessage', {
    token: account.token,
    body: { receiverId: bo.id, messageText: `${secret} direct` },
  });
  const { body: group } = await request<{ id: string }>('POST', '/conversations', {
    token: account.token,
    body: { type: 'group', memberIds: [bo.id, cy.id], title: 'Trip' },
  });
  for (let n = 0; n < 25; n++)
    await call('POST', `/conversations/${group.id}/messages`, { messageText: `${secret} group ${n}` });
  await cy.inboxWith(25);
  const first = (await bo.historyWith(group.id, 25)).items[0];
  const path = `/conversations/${group.id}/messages/${first?.messageId ?? ''}`;
  expect((await call('PATCH', path, { messageText: `${secret} edited` })).status).toBe(202);
  await device.event('message.updated');
  // Still on its way when the erasure begins: it is erased as well.
  await call('POST', `/conversations/${group.id}/messages`, { messageText: `${secret} last` });

  const { status, body } = await call('DELETE', '/users/me');
  const { jobId } = body as { jobId: string };
  expect({ status, jobId }).toEqual({ status: 202, jobId: expect.stringMatching(/^j-[\w-]{32}$/) as string });
  expect((await call('DELETE', '/users/me')).body).toEqual({ jobId });
  expect((await call('POST', '/negotiate', {})).status).toBe(401);

  const done = await eventually(async () => {
    const now = await report(jobId);
    return now.state === 'done' ? now : undefined;
  });
  expect(done.counts).toMatchObject({ accounts: 1, conversations: 2, messages: 27 });
  expect(JSON.stringify(done)).not.toContain(account.username);

  const { items, headSeq } = await bo.historyWith(group.id, 26);
  const own = items.filter(({ senderId, type }) => senderId === account.username && type !== 'system');
  expect(own).toHaveLength(26);
  for (const { messageText, deletedAt } of own)
    expect([messageText, typeof deletedAt]).toEqual([null, 'string']);
  expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: headSeq }, (_, n) => n + 1));
  await device.event('message.deleted', ({ messageId }) => messageId === direct.messageId);
  await device.event('member.removed', ({ userId }) => userId === account.username);
  const { body: members } = await cy.get<{ items: { userId: string; role: string }[] }>(
    `/conversations/${group.id}/members`,
  );
  expect(members.items.filter(({ role }) => role === 'owner')).toHaveLength(1);
  expect(members.items.map(({ userId }) => userId).sort()).toEqual([bo.id, cy.id].sort());
  expect(
    await bo.post('/sendMessage', { receiverId: account.username, messageText: 'Hello?' }),
  ).toMatchObject({
    status: expect.toSatisfy((code: number) => code === 403 || code === 404) as number,
  });
  device.stop();

  const { username, password, email } = account;
  expect((await request('POST', '/users/login', { body: { username, password } })).status).toBe(401);
  expect((await request('POST', '/users/register', { body: { username, password } })).status).toBe(409);
  const heir = { username: `${username}-2`, password, email };
  expect((await request('POST', '/users/register', { body: heir })).status).toBe(201);
  for (const table of ['Conversations', 'ChatMessages', 'SearchSegments', 'Attachments', 'Jobs', 'Users'])
    expect(await holdsSecret(table), table).toEqual([]);
});

it('nobody reads a job by guessing', async () => {
  for (const id of ['x', `j-${'x'.repeat(32)}`, "j-' or 1 eq 1", '..%2fJobs'])
    expect(await request('GET', `/jobs/${encodeURIComponent(id)}`)).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
});
