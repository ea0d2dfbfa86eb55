import { computed, signal } from '@preact/signals';
import {
  ParleyError,
  type Attachment,
  type Conversation,
  type ConversationSnapshot,
  type MemberInfo,
  type ParleyClient,
  type PendingMessage,
} from '../../../client/index.ts';
import { memberName, nameOf } from './names.ts';
import { lastSeen } from './times.ts';
import { shownPending, type ShownMessage } from './shown.ts';
import { isNotMember, problemOf, wordsOfPending } from './words.ts';

/** What the open conversation needs of the page. */
export interface CurrentParts {
  chat: () => ParleyClient | undefined;
  userId: () => string | undefined;
  /** Who is online, and when those who are not were. */
  isOnline: (userId: string) => boolean;
  lastSeenAt: (userId: string) => string | null;
  /** Now, to the minute. */
  now: () => Date;
  /** Shows what went wrong. */
  fail: (error: unknown) => void;
  close: () => void;
}

const earlierPage = 100;

/** The conversation that is open. */
export class Current {
  readonly snapshot = signal<ConversationSnapshot>();
  readonly problem = signal<string>();
  readonly isAtEnd = signal(true);
  /** The place to scroll to. */
  readonly goal = signal<number>();
  /** Behind this place everything was new when the conversation was opened. */
  readonly freshAfter = signal<number>();
  /** The place that was found by a search. */
  readonly foundSeq = signal<number>();
  readonly #parts: CurrentParts;
  #conversation: Conversation | undefined;
  /** Of this visit: what is on its way knows them by their ids only. */
  readonly #attachments = new Map<string, Attachment>();
  #stop: () => void = () => undefined;
  #loading: Promise<unknown> | undefined;

  readonly view = computed(() => this.snapshot.value?.info);
  readonly isGroup = computed(() => this.view.value?.type === 'group');
  readonly name = computed(() => (this.view.value ? nameOf(this.view.value, this.#parts.userId()) : ''));
  readonly hasEarlier = computed(() => this.snapshot.value?.hasEarlier ?? false);
  readonly messages = computed((): ShownMessage[] => {
    const { messages, pending } = this.snapshot.value ?? { messages: [], pending: [] };
    const userId = this.#parts.userId() ?? '';
    const behind = (messages.at(-1)?.seq ?? 0) + 1;
    return [
      ...messages,
      ...pending.map((one, index) =>
        shownPending(one, {
          ...{ userId, seq: behind + index, words: wordsOfPending(one) },
          attachment: this.#attachments.get(one.attachmentId ?? ''),
        }),
      ),
    ];
  });
  readonly typing = computed(() =>
    (this.snapshot.value?.typingUserIds ?? []).map((userId) => this.nameOf(userId)),
  );
  readonly #other = computed((): MemberInfo | undefined =>
    this.isGroup.value
      ? undefined
      : this.view.value?.members.find(({ userId }) => userId !== this.#parts.userId()),
  );
  readonly avatarUrl = computed(() => this.#other.value?.avatarUrl);
  readonly isOnline = computed(() => {
    const { value: other } = this.#other;
    return other !== undefined && this.#parts.isOnline(other.userId);
  });
  /** Who is in it, or whether the other is there. */
  readonly about = computed(() => {
    const { value: view } = this.view;
    if (!view) return '';
    if (this.#other.value === undefined)
      return view.members.map(({ userId }) => this.nameOf(userId)).join(', ');
    const { userId } = this.#other.value;
    return this.#parts.isOnline(userId)
      ? 'Online'
      : lastSeen(this.#parts.lastSeenAt(userId), this.#parts.now());
  });

  constructor(parts: CurrentParts) {
    this.#parts = parts;
  }

  /** Opens a conversation. */
  async open(conversation: Conversation | undefined): Promise<void> {
    this.#stop();
    this.#conversation = conversation;
    this.#loading = undefined;
    this.problem.value = undefined;
    this.goal.value = undefined;
    this.foundSeq.value = undefined;
    this.isAtEnd.value = true;
    this.freshAfter.value = (conversation?.unreadCount ?? 0) > 0 ? conversation?.info?.readSeq : undefined;
    this.snapshot.value = conversation?.snapshot;
    if (!conversation) return;
    this.#stop = conversation.subscribe(() => {
      this.snapshot.value = conversation.snapshot;
      if (!conversation.snapshot.isMember) this.#parts.close();
      this.#lookForRefusals(conversation);
      this.seen();
    });
    await this.#try(async () => {
      await conversation.open().catch((error: unknown) => {
        if (this.#conversation === conversation && isNotMember(error)) this.#parts.close();
        throw error;
      });
      if (this.#conversation !== conversation) return; // another was opened meanwhile
      this.snapshot.value = conversation.snapshot;
      this.seen();
    });
  }

  /** A message that was refused because nobody is logged in any more says so for all. */
  #lookForRefusals({ snapshot }: Conversation): void {
    const isRefused = ({ state, code }: PendingMessage): boolean =>
      state === 'failed' && code === 'unauthenticated';
    if (snapshot.pending.some(isRefused)) this.#parts.fail(new ParleyError('unauthenticated', ''));
  }

  nameOf(userId: string): string {
    return this.view.value ? memberName(this.view.value, userId) : userId;
  }

  avatarOf(userId: string): string | null | undefined {
    return this.view.value?.members.find((member) => member.userId === userId)?.avatarUrl;
  }

  find(messageId: string): ShownMessage | undefined {
    return this.messages.value.find((message) => message.messageId === messageId);
  }

  /** Whoever looks at the end of the conversation has read it. */
  seen(): void {
    if (document.visibilityState === 'visible' && this.isAtEnd.value) this.#conversation?.markRead();
  }

  loadEarlier(): Promise<unknown> {
    const { value: snapshot } = this.snapshot;
    if (!snapshot?.hasEarlier) return Promise.resolve();
    if (this.#loading) return this.#loading;
    const loading = this.#try((conversation) => conversation.loadEarlier(earlierPage)).finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    return (this.#loading = loading);
  }

  /** Scrolls to a message, however far back it is. */
  async goTo(seq: number): Promise<void> {
    const conversation = this.#conversation;
    while ((this.snapshot.value?.messages[0]?.seq ?? 0) > seq && this.hasEarlier.value) {
      await this.loadEarlier();
      if (this.#conversation !== conversation || this.problem.value !== undefined) return;
    }
    this.foundSeq.value = seq;
    this.goal.value = seq;
  }

  goToEnd(): void {
    this.foundSeq.value = undefined;
    this.goal.value = this.messages.value.at(-1)?.seq;
  }

  reached(): void {
    this.goal.value = undefined;
  }

  send({ attachment, ...draft }: { text?: string; replyTo?: string; attachment?: Attachment }): void {
    if (attachment) this.#attachments.set(attachment.attachmentId, attachment);
    // What cannot be sent is shown where it stands.
    this.#conversation
      ?.send({ ...draft, ...(attachment && { attachmentId: attachment.attachmentId }) })
      .catch(() => undefined);
    this.isAtEnd.value = true;
    this.goToEnd();
  }

  showTyping(isTyping: boolean): void {
    this.#conversation?.typing(isTyping);
  }

  edit(messageId: string, text: string): Promise<boolean> {
    return this.#try((conversation) => conversation.edit(messageId, text));
  }

  remove({ messageId }: ShownMessage): Promise<boolean> {
    return this.#try((conversation) => conversation.delete(messageId));
  }

  restore({ messageId }: ShownMessage): Promise<boolean> {
    return this.#try((conversation) => conversation.restore(messageId));
  }

  /** Reacts, or takes the same reaction back. */
  react({ messageId, reactions }: ShownMessage, emoji: string): Promise<boolean> {
    const me = this.#parts.userId() ?? '';
    const isMine = reactions.some((reaction) => reaction.emoji === emoji && reaction.userIds.includes(me));
    return this.#try((conversation) =>
      isMine ? conversation.unreact(messageId, emoji) : conversation.react(messageId, emoji),
    );
  }

  pin({ messageId, pinned }: ShownMessage): Promise<boolean> {
    return this.#try((conversation) =>
      pinned ? conversation.unpin(messageId) : conversation.pin(messageId),
    );
  }

  retry({ clientMessageId }: ShownMessage): void {
    this.#parts.chat()?.retry(clientMessageId);
  }

  discard({ clientMessageId }: ShownMessage): void {
    this.#parts.chat()?.discard(clientMessageId);
  }

  rename(title: string): Promise<boolean> {
    return this.#try((conversation) => conversation.update({ title: title === '' ? null : title }));
  }

  addMember(userId: string): Promise<boolean> {
    return this.#try((conversation) => conversation.addMembers([userId]));
  }

  removeMember(userId: string): Promise<boolean> {
    return this.#try((conversation) => conversation.removeMember(userId));
  }

  setRole(userId: string, role: MemberInfo['role']): Promise<boolean> {
    return this.#try((conversation) => conversation.setRole(userId, role));
  }

  leave(): Promise<boolean> {
    return this.#try((conversation) => conversation.leave());
  }

  mute(isMuted: boolean): Promise<boolean> {
    return this.#try((conversation) => (isMuted ? conversation.mute() : conversation.unmute()));
  }

  archive(isArchived: boolean): Promise<boolean> {
    return this.#try((conversation) => (isArchived ? conversation.archive() : conversation.unarchive()));
  }

  /** Where the bytes of an attachment are, for some minutes. */
  async urlOf(attachmentId: string): Promise<string | undefined> {
    const found = await this.#parts
      .chat()
      ?.attachment(attachmentId)
      .catch(() => undefined);
    return found?.downloadUrl;
  }

  /** Fetches a file; the browser saves it, for so its storage answers. */
  async save({ attachmentId }: Attachment): Promise<void> {
    await this.#try(async () => {
      const found = await this.#parts.chat()?.attachment(attachmentId);
      if (found) location.assign(found.downloadUrl);
    });
  }

  /** @returns whether it was done; if not, what went wrong is shown while the conversation is open */
  async #try(act: (conversation: Conversation) => Promise<unknown>): Promise<boolean> {
    const conversation = this.#conversation;
    if (!conversation) return false;
    this.problem.value = undefined;
    try {
      await act(conversation);
      return true;
    } catch (error) {
      if (this.#conversation !== conversation) return false;
      this.problem.value = problemOf(error);
      this.#parts.fail(error);
      return false;
    }
  }
}
