import type { ChangeAction } from '../../shared/domain/change.ts';
import type { ReceiptGround } from '../../shared/ports/conversation-log.ts';
import type { InboxItem } from '../../shared/ports/inbox.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import { directConversationId, groupConversationId } from '../../shared/domain/identifiers.ts';
import { aGroup } from '../support/builders.ts';
import { tracing } from '../support/fakes.ts';
import { aBackend, chatOf, type Chat } from './chat.ts';
import { ModelConversation } from './model.ts';
import type { ModelTime } from './model-state.ts';
import type { Check, Waiting } from './queues.ts';
import { Death, Process, Turns, type Done, type Fault } from './turns.ts';
import { Witness } from './witness.ts';

export const users = ['ann', 'bo', 'cy', 'di', 'ed'] as const;

/** Ann's group, Bo's group in which nobody sees what was before, and the two of them alone. */
export const conversationIds = [
  groupConversationId('one'),
  groupConversationId('two'),
  directConversationId('ann', 'bo'),
] as const;

/** What a process is for, and what the model has to say to that. */
interface Task {
  /** Step of the model at which it began. */
  since: number;
  /** Who does it; nobody: a worker. */
  userId?: string;
  /** The conversation that it asks for something in, if it is refused what the user may not. */
  asks?: string | undefined;
  /** What it works off. */
  item?: Waiting;
  receipt?: { watermark: 'read' | 'delivered'; upToSeq: number };
  seqs?: readonly number[];
  /** Why the model refuses it. */
  refusal?: string | undefined;
  /** Whether the model has done what was asked for. */
  isDone?: boolean;
  /** Heads when the conversation was looked at. */
  heads: Map<string, number>;
  found: InboxItem[];
}

const isPassing = (error: unknown): boolean =>
  error instanceof Death || (error instanceof ChatError && error.code === 'unavailable');

/** The chat in memory, in which everything can go wrong, and beside it the model, which does the same without. */
export class World {
  readonly backend = aBackend();
  readonly time: ModelTime = { now: () => this.backend.clock.now().toISOString(), step: 0 };
  readonly model = new Map<string, ModelConversation>();
  readonly witness = new Witness(this.model, this.time);
  /** What was refused when its turn had come, and is to be in the inbox of whoever asked unless it was taken out. */
  readonly refusals = new Map<string, { id: string; userId: string; isTaken: boolean }>();
  /** Ids that were answered 202. */
  readonly promised: string[] = [];
  readonly #turns: Turns;
  /** Whose call is at work. */
  #since = 0;

  constructor(seed: number) {
    this.#turns = new Turns(seed);
    const [one, two] = conversationIds;
    this.#found(one, 'ann', ['bo', 'cy'], 'visible');
    this.#found(two, 'bo', ['ann'], 'hidden');
  }

  /** Runs processes side by side until all are done or dead. */
  run(started: readonly Promise<unknown>[]): Promise<void> {
    return this.#turns.run(started);
  }

  wait(): Promise<void> {
    return this.#turns.take();
  }

  /** Does something as a process of its own. @throws what it throws, if it is not what the model expects */
  async do<T>(
    task: Partial<Task>,
    fault: Fault | undefined,
    work: (chat: Chat, task: Task) => Promise<T>,
  ): Promise<T | undefined> {
    const whole: Task = { since: this.time.step, heads: new Map(), found: [], ...task };
    const process = new Process(
      this.#turns,
      fault,
      (done) => this.#note(whole, done),
      () => (this.#since = whole.since),
    );
    try {
      const result = await process.run(() => work(chatOf(this.backend, process), whole));
      if (whole.refusal !== undefined) this.witness.protest('should be refused:', whole.refusal, task);
      return result;
    } catch (error) {
      if (isPassing(error)) return undefined;
      if (!(error instanceof ChatError)) throw error;
      if (error.code !== whole.refusal)
        this.witness.protest('is refused:', error.code, whole.refusal ?? '', task);
      return undefined;
    }
  }

  /** The step from which on what is pushed now was true. */
  get since(): number {
    return this.#since;
  }

  async send(
    userId: string,
    to: string | undefined,
    id: string,
    text: string,
    seconds?: number,
    fault?: Fault,
  ) {
    const conversationId = to;
    const receiverId = to === undefined ? users[userId === 'ann' ? 1 : 0] : undefined;
    const draft = {
      messageText: text,
      clientMessageId: id,
      ...{
        conversationId,
        receiverId,
        senderId: undefined,
        attachment: undefined,
        attachmentId: undefined,
        attachmentUrl: undefined,
      },
      ...{ replyTo: undefined, mentions: undefined, timestamp: undefined, expiresInSeconds: seconds },
    };
    const sent = await this.do({ userId, asks: to }, fault, (chat) =>
      chat.send(userId, { conversationId, draft: () => Promise.resolve(draft) }, tracing),
    );
    if (sent) this.promised.push(sent.messageId);
  }

  async change(userId: string, conversationId: string, id: string, action: ChangeAction, fault?: Fault) {
    const request = { clientChangeId: id, action };
    const asked = await this.do({ userId, asks: conversationId }, fault, (chat) =>
      chat.change(userId, conversationId, () => Promise.resolve(request), tracing),
    );
    if (asked) this.promised.push(asked.changeId);
  }

  async receipt(
    userId: string,
    conversationId: string,
    receipt: NonNullable<Task['receipt']>,
    fault?: Fault,
  ) {
    await this.do({ userId, receipt }, fault, async (chat, task) => {
      const { watermark, upToSeq } = receipt;
      await chat.receipt(userId, watermark, conversationId, () => Promise.resolve(upToSeq));
      if (!task.isDone) this.witness.protest('A receipt was not recorded:', userId, receipt);
    });
  }

  async acknowledge(userId: string, conversationId: string, seqs: readonly number[], fault?: Fault) {
    await this.do({ userId, seqs }, fault, async (chat, task) => {
      await chat.acknowledge(userId, conversationId, seqs);
      const there = seqs.filter((seq) => seq <= (task.heads.get(conversationId) ?? 0));
      if (there.length > 0 && !task.isDone) this.witness.protest('Nothing was acknowledged:', userId, seqs);
    });
  }

  /** What a user's inbox shows. */
  async inbox(userId: string, limit: number, fault?: Fault) {
    const page = await this.do({ userId }, fault, async (chat, { since }) => {
      const { items } = await chat.inbox(userId, limit, undefined);
      for (const item of items) if ('message' in item) this.witness.message(userId, item.message, since);
      return items;
    });
    return page ?? [];
  }

  async acknowledgeInbox(userId: string, inboxIds: readonly string[], fault?: Fault) {
    await this.do({ userId }, fault, async (chat, { found }) => {
      await chat.acknowledgeInbox(userId, inboxIds);
      for (const item of found) if ('message' in item) this.#requireDelivered(userId, item.message);
    });
  }

  /** One try of a worker. @returns whether it came to its end */
  async work(item: Waiting, fault?: Fault): Promise<boolean> {
    const isOver = await this.do({ item }, fault, async (chat, task) => {
      const outcome = await chat.work(JSON.parse(JSON.stringify(item)));
      const { refusal } = task;
      if ((outcome.parked ? outcome.code : undefined) !== refusal)
        this.witness.protest('Parked otherwise than expected:', outcome, refusal ?? '', item);
      if (refusal !== undefined && outcome.parked) this.#refused(item, refusal);
      if (refusal === undefined && !this.#isPlaced(item)) this.witness.protest('has no place:', item);
      task.refusal = undefined;
      return true;
    });
    if (isOver === true)
      for (const [key, what] of this.witness.settling) if (what === item) this.witness.settling.delete(key);
    return isOver === true;
  }

  /** @returns whether it came to its end */
  async check(check: Check, fault?: Fault): Promise<boolean> {
    const isOver = await this.do({}, fault, async (chat) => {
      const outcome = await chat.check(check);
      if (outcome.parked) this.witness.protest('A check was parked:', check, outcome);
      return true;
    });
    return isOver === true;
  }

  #refused(item: Waiting, code: string): void {
    const [userId, conversationId, id, acceptedAt] =
      item.kind === 'message'
        ? [
            item.message.senderId,
            item.message.conversationId,
            item.message.clientMessageId,
            item.message.acceptedAt,
          ]
        : [item.change.userId, item.change.conversationId, item.change.changeId, item.change.acceptedAt];
    const key = refusalKey(acceptedAt, conversationId, id, code);
    if (!this.refusals.has(key)) this.refusals.set(key, { id: idOf(item), userId, isTaken: false });
  }

  #isPlaced(item: Waiting): boolean {
    return [...this.model.values()].some(({ done }) => done.has(idOf(item)));
  }

  #requireDelivered(userId: string, { conversationId, seq }: { conversationId: string; seq: number }): void {
    const member = this.model.get(conversationId)?.member(userId);
    if (member && !member.delivered.has(seq))
      this.witness.protest(userId, 'acknowledged, and nobody noted it:', seq);
  }

  #found(
    conversationId: string,
    owner: string,
    others: string[],
    earlierHistory: 'visible' | 'hidden',
  ): void {
    const members = Object.fromEntries(others.map((one) => [one, 'member' as const]));
    this.model.set(
      conversationId,
      new ModelConversation({ [owner]: 'owner', ...members }, earlierHistory, this.time),
    );
    void this.backend.log.create(
      aGroup(owner, others, { conversationId, earlierHistory }),
      this.backend.clock.now(),
    );
  }

  /** A call has done its work: the model does the same, as it was asked for, not as the call was made. */
  #note(task: Task, { port, name, args, result }: Done): void {
    const [conversationId, second] = args as [string, string];
    const conversation = this.model.get(conversationId);
    const { userId = '', item } = task;
    const isIn = (): boolean => {
      const isMember = conversation?.member(userId) !== undefined;
      task.refusal = isMember ? undefined : 'not-a-member';
      return isMember;
    };
    switch (`${port}.${name}`) {
      case 'log.append':
        if (item?.kind === 'message') task.refusal = this.#append(item);
        return;
      case 'changes.apply':
        if (item?.kind === 'change') task.refusal = this.#apply(item);
        return;
      case 'changes.ground': {
        const verdict = conversation?.judge(userId, args[2] as ChangeAction) ?? 'not-a-member';
        task.refusal = typeof verdict === 'string' && verdict !== 'nothing' ? verdict : undefined;
        return;
      }
      case 'log.member':
        if (task.asks === conversationId && second === userId) isIn();
        return;
      case 'log.raise':
        if (!isIn() || !task.receipt) return;
        conversation?.raise(userId, task.receipt.watermark, task.receipt.upToSeq);
        task.isDone = true;
        return;
      case 'log.receiptGround':
        if (task.seqs) isIn();
        task.heads.set(conversationId, (result as ReceiptGround | undefined)?.head.headSeq ?? 0);
        return;
      case 'log.acknowledge': {
        if (!isIn()) return;
        const seqs = task.seqs ?? seqsIn(task.found, conversationId);
        conversation?.acknowledge(
          userId,
          seqs.filter((seq) => seq <= (task.heads.get(conversationId) ?? 0)),
        );
        task.isDone = true;
        return;
      }
      case 'inbox.find':
        task.found = result as InboxItem[];
        return;
      case 'inbox.remove':
        for (const found of task.found) if ('rejected' in found) this.#takeRefusal(found);
        return;
    }
  }

  #takeRefusal(item: Extract<InboxItem, { rejected: unknown }>): void {
    for (const [key, refusal] of this.refusals) if (key === refusalKeyOf(item)) refusal.isTaken = true;
  }

  #append({ message }: Extract<Waiting, { kind: 'message' }>): string | undefined {
    const { conversationId, directMembers } = message;
    const known = this.model.get(conversationId);
    if (!known && !directMembers) return 'not-found';
    const members = Object.fromEntries((directMembers ?? []).map((one) => [one, 'member' as const]));
    const conversation = known ?? new ModelConversation(members, null, this.time);
    this.model.set(conversationId, conversation);
    return conversation.append(message);
  }

  #apply(item: Extract<Waiting, { kind: 'change' }>): string | undefined {
    const { action, conversationId, changeId } = item.change;
    const conversation = this.model.get(conversationId);
    if (!conversation) return 'not-a-member';
    const wasDone = conversation.done.has(changeId);
    const refusal = conversation.apply(item.change);
    if (action.type === 'remove-member' && refusal === undefined && !wasDone)
      this.witness.settling.set(`${conversationId} ${action.userId}`, item);
    return refusal;
  }
}

const idOf = (item: Waiting): string =>
  item.kind === 'message' ? item.message.messageId : item.change.changeId;

const seqsIn = (items: readonly InboxItem[], conversationId: string): number[] =>
  items.flatMap((item) =>
    'message' in item && item.message.conversationId === conversationId ? [item.message.seq] : [],
  );

const refusalKey = (...parts: string[]): string => parts.join(' ');

/** As an inbox names it: its row begins with the time of its acceptance. */
export const refusalKeyOf = ({ inboxId, rejected }: Extract<InboxItem, { rejected: unknown }>): string => {
  const [acceptedAt = ''] = inboxId.split('|');
  const id = 'changeId' in rejected ? rejected.changeId : rejected.clientMessageId;
  const [day, time = ''] = acceptedAt.split('T');
  return refusalKey(`${day}T${time.replaceAll('-', ':')}`, rejected.conversationId, id, rejected.code);
};
