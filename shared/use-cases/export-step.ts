import type { Version } from '../domain/change.ts';
import type { Head, Member } from '../domain/conversation.ts';
import type { ExportJob } from '../domain/job.ts';
import type { Message } from '../domain/message.ts';
import { endHash, hashMore } from '../domain/running-hash.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { ExportFiles } from '../ports/export-files.ts';
import { messageViews, type MessageViewParts } from './message-views.ts';

export interface ExportStepParts extends MessageViewParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'read' | 'moves'>;
  changes: Pick<ChangeLog, 'versions'>;
  files: Pick<ExportFiles, 'stage' | 'commit' | 'remove'>;
}

/** Messages in one step, and one part of the file. */
const places = 200;

const revisionsOf = async ({ changes }: ExportStepParts, message: Message): Promise<Version[]> =>
  message.editedAt === null || message.deletedAt !== null
    ? []
    : changes.versions(message.conversationId, message.seq);

const linesOf = async (
  parts: ExportStepParts,
  { from, headSeq }: ExportJob,
  head: Head,
  member: Member,
): Promise<string[]> => {
  const range = { from, to: Math.min(from + places - 1, headSeq) };
  const messages = range.from > range.to ? [] : await messageViews(parts, head, member, range);
  const lines: string[] = [];
  for (const message of messages)
    lines.push(JSON.stringify({ type: 'message', message, revisions: await revisionsOf(parts, message) }));
  return lines;
};

/** The last line says what the lines before it are, and their hash. */
const manifestOf = (
  { conversationId, sinceSeq, headSeq, headRev, messages, startedAt }: ExportJob,
  sha256: string,
) =>
  JSON.stringify({
    type: 'manifest',
    conversationId,
    sinceSeq,
    headSeq,
    headRev,
    messages,
    startedAt,
    sha256,
  });

const asPart = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

const refuse = async ({ files, clock }: ExportStepParts, job: ExportJob): Promise<ExportJob> => {
  await files.remove(job.jobId);
  return { ...job, finishedAt: clock.now().toISOString(), isRefused: true };
};

const finish = async ({ files, clock }: ExportStepParts, job: ExportJob): Promise<ExportJob> => {
  const sha256 = endHash(job.hash);
  const [manifest, part] = [asPart([manifestOf(job, sha256)]), job.parts + 1];
  await files.stage(job.jobId, part, manifest);
  await files.commit(job.jobId, part);
  const bytes = job.bytes + manifest.length;
  return { ...job, parts: part, bytes, sha256, finishedAt: clock.now().toISOString() };
};

/**
 * Writes the next part of an export, as its user may see the messages now. Who is no member any more gets none.
 * Doing it again writes the same part. @throws ChatError `unavailable`
 */
export const exportStep =
  (parts: ExportStepParts) =>
  async (before: ExportJob): Promise<ExportJob> => {
    const job = { ...before, step: before.step + 1 };
    const { conversationId, userId, from, headSeq } = job;
    const [head, member] = [
      await parts.log.head(conversationId),
      await parts.log.member(conversationId, userId),
    ];
    if (!head || !member) return refuse(parts, job);
    if (from > headSeq) return finish(parts, job);
    const lines = await linesOf(parts, job, head, member);
    const bytes = asPart(lines);
    if (bytes.length === 0) return { ...job, from: from + places };
    await parts.files.stage(job.jobId, job.parts + 1, bytes);
    return {
      ...job,
      from: from + places,
      parts: job.parts + 1,
      messages: job.messages + lines.length,
      bytes: job.bytes + bytes.length,
      hash: hashMore(job.hash, bytes),
    };
  };
