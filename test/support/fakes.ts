import { createHash } from 'node:crypto';
import {
  boundBy,
  withFinding,
  type AttachmentRecord,
  type Claim,
  type Finding,
} from '../../shared/domain/attachment.ts';
import type { AcceptedChange } from '../../shared/domain/change.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import type { ChatEvent } from '../../shared/domain/chat-event.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { ErasurePiece, JobMessage } from '../../shared/domain/job.ts';
import type { AcceptedMessage } from '../../shared/domain/message.ts';
import type { Attachments, SignedUrl, Upload } from '../../shared/ports/attachments.ts';
import type { Broadcaster } from '../../shared/ports/broadcaster.ts';
import type { Timer } from '../../shared/ports/clock.ts';
import type { Moderator } from '../../shared/ports/moderator.ts';
import type { EventFeed } from '../../shared/ports/event-feed.ts';
import type { DeliveryCheck, Outbox, PresenceLook, Tracing } from '../../shared/ports/outbox.ts';

export const tracing: Tracing = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

/** A clock that stands still until it is told to go on, or somebody sleeps. */
export class FakeTimer implements Timer {
  #now: number;
  slept = 0;

  constructor(now = '2026-01-01T12:00:00.000Z') {
    this.#now = Date.parse(now);
  }

  now(): Date {
    return new Date(this.#now);
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number): Promise<void> {
    this.slept += ms;
    this.advance(ms);
    return Promise.resolve();
  }
}

/** Refuses what is bad, in so many letters. */
export const fakeModerator: Moderator = {
  review: ({ text }) =>
    Promise.resolve(
      text.includes('bad') ? { allowed: false, reason: 'word', detail: 'No.' } : { allowed: true },
    ),
};

/** Remembers what was pushed, and can be down. */
export class FakeBroadcaster implements Broadcaster {
  readonly pushed: { to: string; event: ServerEvent }[] = [];
  isDown = false;

  toUser(userId: string, event: ServerEvent): Promise<void> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'down'));
    this.pushed.push({ to: userId, event });
    return Promise.resolve();
  }

  readonly joined: { conversationId: string; userIds: readonly string[] }[] = [];
  readonly closed: string[] = [];

  toGroup(conversationId: string, event: ServerEvent): Promise<void> {
    return this.toUser(conversationId, event);
  }

  join(conversationId: string, userIds: readonly string[]): Promise<void> {
    this.joined.push({ conversationId, userIds });
    return Promise.resolve();
  }

  readonly left: { conversationId: string; userId: string }[] = [];

  leave(conversationId: string, userId: string): Promise<void> {
    this.left.push({ conversationId, userId });
    return Promise.resolve();
  }

  /** Connections that the service is asked about and has no more. */
  readonly gone = new Set<string>();

  isConnected(connectionId: string): Promise<boolean> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'down'));
    return Promise.resolve(!this.gone.has(connectionId));
  }

  close(connectionId: string): Promise<void> {
    this.closed.push(connectionId);
    return Promise.resolve();
  }

  /** Users whose connections were all closed, and tokens. */
  readonly closedAll: string[] = [];

  closeUser(userId: string): Promise<void> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'down'));
    this.closedAll.push(userId);
    return Promise.resolve();
  }

  closeOpenedWith(tokenId: string): Promise<void> {
    return this.closeUser(tokenId);
  }

  toConnection(connectionId: string, event: ServerEvent): Promise<void> {
    return this.toUser(connectionId, event);
  }

  clientUrl(userId: string): Promise<{ url: string; expiresAt: Date }> {
    return Promise.resolve({ url: `ws://test/${userId}`, expiresAt: new Date(0) });
  }

  /** Seqs of the messages pushed to a user. */
  messagesTo(userId: string): number[] {
    return this.pushed.flatMap(({ to, event }) =>
      to === userId && event.type === 'message.created' ? [event.seq] : [],
    );
  }
}

/** Remembers what was enqueued, and can be down. */
export class FakeOutbox implements Outbox {
  readonly enqueued: AcceptedMessage[] = [];
  readonly changes: AcceptedChange[] = [];
  readonly checks: DeliveryCheck[] = [];
  readonly parked: { body: unknown; code: string }[] = [];
  readonly looks: (PresenceLook & { seconds: number })[] = [];
  isDown = false;

  enqueue(message: AcceptedMessage): Promise<void> {
    return this.#unlessDown(() => this.enqueued.push(message));
  }

  enqueueChange(change: AcceptedChange): Promise<void> {
    return this.#unlessDown(() => this.changes.push(change));
  }

  readonly pieces: ErasurePiece[] = [];
  readonly jobs: JobMessage[] = [];

  enqueueErasure(piece: ErasurePiece): Promise<void> {
    return this.#unlessDown(() => this.pieces.push(piece));
  }

  /** What is due later. */
  readonly laterJobs: { job: JobMessage; hours: number }[] = [];

  enqueueJob(job: JobMessage, _tracing: Tracing, hours = 0): Promise<void> {
    if (hours > 0) return this.#unlessDown(() => this.laterJobs.push({ job, hours }));
    return this.#unlessDown(() => this.jobs.push(structuredClone(job)));
  }

  scheduleCheck(check: DeliveryCheck): Promise<void> {
    return this.#unlessDown(() => this.checks.push(check));
  }

  scheduleLook(look: PresenceLook, seconds: number): Promise<void> {
    return this.#unlessDown(() => this.looks.push({ ...look, seconds }));
  }

  park(body: unknown, { code }: { code: string }): Promise<void> {
    return this.#unlessDown(() => this.parked.push({ body, code }));
  }

  #unlessDown(run: () => void): Promise<void> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'down'));
    run();
    return Promise.resolve();
  }
}

/** Notes reservations; signs nothing. What was uploaded tests put here themselves. */
export class FakeAttachments implements Attachments {
  readonly records = new Map<string, AttachmentRecord>();
  /** Bytes by whose they are. */
  readonly uploaded = new Map<string, Uint8Array>();
  /** How often the whole of some bytes was read. */
  hashed = 0;

  reserve(record: AttachmentRecord): Promise<void> {
    if (!this.records.has(record.attachmentId)) this.records.set(record.attachmentId, record);
    return Promise.resolve();
  }

  find(attachmentId: string): Promise<AttachmentRecord | undefined> {
    return Promise.resolve(this.records.get(attachmentId));
  }

  bind(attachmentId: string, claim: Claim): Promise<AttachmentRecord | undefined> {
    return this.#change(attachmentId, (record) => boundBy(record, claim));
  }

  note(attachmentId: string, finding: Finding): Promise<AttachmentRecord | undefined> {
    return this.#change(attachmentId, (record) => withFinding(record, finding));
  }

  share(source: AttachmentRecord, records: readonly AttachmentRecord[]): Promise<boolean> {
    if (!this.records.has(source.attachmentId)) return Promise.resolve(false);
    for (const record of records) void this.reserve(record);
    return Promise.resolve(true);
  }

  remove(attachmentId: string): Promise<void> {
    const bytesOf = this.records.get(attachmentId)?.bytesOf ?? attachmentId;
    this.records.delete(attachmentId);
    const isWanted = [...this.records.values()].some((record) => record.bytesOf === bytesOf);
    return isWanted ? Promise.resolve() : this.removeBytes(bytesOf);
  }

  async removeOf(messageId: string): Promise<void> {
    const own = [...this.records.values()].filter((record) => record.messageId === messageId);
    for (const { attachmentId } of own) await this.remove(attachmentId);
  }

  open({ bytesOf }: AttachmentRecord): Promise<Upload | undefined> {
    const bytes = this.uploaded.get(bytesOf);
    if (!bytes) return Promise.resolve(undefined);
    const sha256 = (): Promise<string> => {
      this.hashed++;
      return Promise.resolve(createHash('sha256').update(bytes).digest('hex'));
    };
    const start = (count: number) => Promise.resolve(bytes.slice(0, count));
    return Promise.resolve({ size: bytes.length, start, sha256 });
  }

  removeBytes(attachmentId: string): Promise<void> {
    this.uploaded.delete(attachmentId);
    return Promise.resolve();
  }

  erase(attachmentId: string, ownerId: string): Promise<void> {
    const isOwn = this.records.get(attachmentId)?.ownerId === ownerId;
    return isOwn ? this.remove(attachmentId) : Promise.resolve();
  }

  uploadUrl(attachmentId: string): Promise<SignedUrl> {
    return Promise.resolve({ url: `https://test/up/${attachmentId}`, expiresAt: new Date(0) });
  }

  downloadUrl({ bytesOf }: AttachmentRecord): Promise<SignedUrl> {
    return Promise.resolve({ url: `https://test/down/${bytesOf}`, expiresAt: new Date(0) });
  }

  #change(
    attachmentId: string,
    change: (record: AttachmentRecord) => AttachmentRecord | null,
  ): Promise<AttachmentRecord | undefined> {
    const record = this.records.get(attachmentId);
    const changed = record && change(record);
    if (changed) this.records.set(attachmentId, changed);
    return Promise.resolve(changed ?? record);
  }
}

/** Remembers what was told, and can be down. */
export class FakeEventFeed implements EventFeed {
  readonly published: ChatEvent[] = [];
  isDown = false;

  publish(event: ChatEvent): Promise<void> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'down'));
    this.published.push(event);
    return Promise.resolve();
  }
}
