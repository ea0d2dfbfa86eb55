import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ExportView } from '../shared/contract/jobs.ts';
import { eventually, User } from './support/chat.ts';

it('a member exports a conversation and downloads it; nobody else does', async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const { conversationId } = await ann.send(bo, 'one');
  for (let n = 2; n <= 5; n++) await ann.send(bo, `number ${n}`);
  await bo.historyWith(conversationId, 5);

  const { status, body } = await bo.post<{ exportId: string }>('/exports', { conversationId, sinceSeq: 1 });
  expect(status).toBe(202);
  const path = `/exports/${body.exportId}`;
  const file = await eventually(async () => (await bo.get<ExportView>(path)).body.file ?? undefined);
  const response = await fetch(file.downloadUrl);
  expect(response.headers.get('content-disposition')).toContain('attachment');
  const lines = (await response.text()).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { message?: { seq: number } }).message?.seq)).toEqual([
    ...[2, 3, 4, 5],
    undefined,
  ]);
  const sha256 = createHash('sha256')
    .update(
      lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
    )
    .digest('hex');
  expect([file.sha256, JSON.parse(lines.at(-1) ?? '')]).toMatchObject([sha256, { sha256, messages: 4 }]);
  for (const method of ['PUT', 'DELETE'])
    expect((await fetch(file.downloadUrl, { method })).status).toBeGreaterThanOrEqual(400);

  for (const other of [ann, cy])
    expect(await other.get(path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  for (const request of [{ conversationId }, { conversationId, sinceSeq: -1 }, { conversationId: '../x' }])
    expect(await cy.post('/exports', request)).toMatchObject({ status: 403, body: { code: 'not-a-member' } });
  for (const request of [{}, [], { conversationId: 7 }])
    expect(await cy.post('/exports', request)).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    });
  for (const sinceSeq of [-1, 1.5, '1', 1e300])
    expect((await bo.post('/exports', { conversationId, sinceSeq })).status).toBe(400);
});
