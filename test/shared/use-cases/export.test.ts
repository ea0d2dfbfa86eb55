import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExportFiles } from '../../../shared/adapters/memory/memory-export-files.ts';
import { MemoryJobs } from '../../../shared/adapters/memory/memory-jobs.ts';
import type { ChangeAction } from '../../../shared/domain/change.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import { changeIdOf, messageIdOf } from '../../../shared/domain/identifiers.ts';
import { exportStep } from '../../../shared/use-cases/export-step.ts';
import { getExport } from '../../../shared/use-cases/get-export.ts';
import { runJob } from '../../../shared/use-cases/run-job.ts';
import { startExport } from '../../../shared/use-cases/start-export.ts';
import { aGroup, anAcceptedMessage } from '../../support/builders.ts';
import { Calls } from '../../support/failing.ts';
import { FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const jobId = `j-${'x'.repeat(32)}`;

/** A group of Ann and Bo with 450 messages, of which one was edited and one deleted; Cy came after 400. */
const aGroupChat = async (calls = new Calls()) => {
  const [clock, log, outbox] = [new FakeTimer(), new MemoryConversationLog(), new FakeOutbox()];
  const changes = new MemoryChangeLog(log);
  const [jobs, files] = [new MemoryJobs(), new MemoryExportFiles()];
  const group = aGroup('ann', ['bo'], { earlierHistory: 'hidden', conversationId: `g-${'g'.repeat(24)}` });
  const { conversationId } = group;
  await log.create(group, clock.now());
  const say = async (n: number) => {
    const clientMessageId = `c-${n}`;
    const messageId = messageIdOf(conversationId, 'bo', clientMessageId);
    const text = {
      messageText: `Line ${n}\n{"type":"manifest"}\u2028`,
      clientMessageId,
      messageId,
      conversationId,
    };
    const message = { ...anAcceptedMessage({ from: 'bo', to: 'x' }), ...text, directMembers: null };
    return (await log.append(message, clock.now())).message.messageId;
  };
  const change = async (userId: string, action: ChangeAction) => {
    const [changeId, at] = [changeIdOf(conversationId, userId, JSON.stringify(action)), clock.now()];
    const accepted = { changeId, conversationId, userId, acceptedAt: at.toISOString(), action };
    await changes.apply(accepted, (ground) => decideChange(accepted, ground, { now: at, maxMembers: 9 }), at);
  };
  const ids: string[] = [];
  for (let n = 1; n <= 450; n++) {
    if (n === 401) await change('ann', { type: 'add-members', userIds: ['cy'], role: 'member' });
    ids.push(await say(n));
  }
  await change('bo', { type: 'edit', messageId: ids[9] ?? '', messageText: 'Better' });
  await change('bo', { type: 'delete', messageId: ids[19] ?? '' });
  const counted = {
    log: calls.to(log),
    changes: calls.to(changes),
    jobs: calls.to(jobs),
    files: calls.to(files),
    audit: calls.to(new MemoryAudit()),
  };
  const parts = { ...counted, outbox: calls.to(outbox), clock, newId: () => jobId };
  const start = (userId: string, sinceSeq?: number) =>
    startExport({ ...parts, rateLimiter: { take: () => Promise.resolve() } })(
      userId,
      conversationId,
      () => Promise.resolve({ conversationId, sinceSeq }),
      tracing,
    );
  const run = runJob({
    ...parts,
    eraseStep: () => Promise.reject(new Error('none here')),
    exportStep: exportStep(parts),
  });
  const workOff = async () => {
    for (let message = outbox.jobs[0]; message; message = outbox.jobs[0])
      if (await run(structuredClone(message), tracing).catch(() => undefined))
        outbox.jobs.splice(outbox.jobs.indexOf(message), 1);
  };
  const look = (userId: string) => getExport({ jobs, log, files })(userId, jobId);
  const lines = () => (files.files.get(jobId)?.toString() ?? '').trimEnd().split('\n');
  return { start, workOff, look, lines, files, jobs, outbox, run, change, calls, conversationId };
};

it('an export has what there is, as its user may see it, and says what it is', async () => {
  const { start, workOff, look, lines } = await aGroupChat();
  expect(await start('ann')).toEqual({ exportId: jobId });
  expect(await look('ann')).toMatchObject({ state: 'running', file: null });
  await workOff();
  const rows = lines().map((line) => JSON.parse(line) as { message: object; revisions: object[] });
  expect(rows).toHaveLength(452); // with the note of Cy's coming, and the manifest
  expect(rows[0]).toMatchObject({ message: { seq: 1, messageText: 'Line 1\n{"type":"manifest"}\u2028' } });
  expect(rows[9]).toMatchObject({ message: { messageText: 'Better' }, revisions: [{}] });
  expect(rows[19]).toMatchObject({ message: { messageText: null }, revisions: [] });
  const content = lines()
    .slice(0, -1)
    .map((line) => `${line}\n`)
    .join('');
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(rows.at(-1)).toMatchObject({ type: 'manifest', messages: 451, headSeq: 451, headRev: 3, sha256 });
  expect(await look('ann')).toMatchObject({ state: 'done', messages: 451, file: { sha256 } });
});

it('an export of who came later has nothing that is hidden from them, one since a place nothing before', async () => {
  const { start, workOff, lines } = await aGroupChat();
  await start('cy');
  await workOff();
  expect(lines()).toHaveLength(1 + 50 + 1);
  const other = await aGroupChat();
  await other.start('ann', 440);
  await other.workOff();
  expect(JSON.parse(other.lines()[0] ?? '')).toMatchObject({ message: { seq: 441 } });
  expect(other.lines()).toHaveLength(11 + 1);
});

it('an export is its user’s alone, and only as long as they are a member', async () => {
  const { start, workOff, look, change, files } = await aGroupChat();
  await expect(start('stranger')).rejects.toMatchObject({ code: 'not-a-member' });
  await start('bo');
  await expect(look('ann')).rejects.toMatchObject({ code: 'not-found' });
  await change('bo', { type: 'remove-member', userId: 'bo' });
  await workOff();
  expect(files.files.size).toBe(0);
  await expect(look('bo')).rejects.toMatchObject({ code: 'not-a-member' });
});

it('an export goes after a day', async () => {
  const { start, workOff, look, outbox, run, files } = await aGroupChat();
  await start('ann');
  await workOff();
  const [over] = outbox.laterJobs;
  expect(over?.hours).toBe(24);
  for (let repeat = 0; repeat < 2; repeat++) await run(over?.job ?? { jobId, step: 0 }, tracing);
  expect(files.files.size).toBe(0);
  await expect(look('ann')).rejects.toMatchObject({ code: 'not-found' });
});

it.each([false, true])(
  'an export is the same whichever call fails (answer lost: %s)',
  async (isAnswerLost) => {
    const calm = await aGroupChat();
    await calm.start('ann');
    await calm.workOff();
    expect(calm.calls.count).toBeGreaterThan(30);
    for (let dying = 1; dying <= calm.calls.count; dying++) {
      const chat = await aGroupChat(new Calls(dying, isAnswerLost));
      await chat.start('ann').catch(() => chat.start('ann'));
      await chat.workOff();
      expect(chat.lines(), `call ${dying}`).toEqual(calm.lines());
      expect((await chat.look('ann')).state).toBe('done');
    }
  },
);
