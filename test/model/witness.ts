import type { ServerEvent } from '../../shared/domain/event.ts';
import type { LoggedMessage } from '../../shared/domain/message.ts';
import type { ModelConversation } from './model.ts';
import type { ModelTime } from './model-state.ts';

/** Holds everything that anybody is shown against the model, at the moment when it is shown. */
export class Witness {
  readonly #conversations: Map<string, ModelConversation>;
  readonly #time: ModelTime;
  /** `conversation user`: removed by a change that is not worked off yet. */
  readonly settling = new Map<string, object>();
  readonly violations: string[] = [];

  constructor(conversations: Map<string, ModelConversation>, time: ModelTime) {
    this.#conversations = conversations;
    this.#time = time;
  }

  protest(...what: unknown[]): void {
    this.violations.push(what.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' '));
  }

  /**
   * A user is shown something of a conversation.
   * @param since step at which the process began that shows it: what it read was true then, or later
   */
  place(userId: string, conversationId: string, since: number, what: unknown): void {
    if (!this.#isInside(userId, conversationId, since)) this.protest(userId, 'is outside and is shown', what);
  }

  message(userId: string, message: LoggedMessage, since: number): void {
    const { conversationId, seq } = message;
    this.place(userId, conversationId, since, message);
    const known = this.#conversations.get(conversationId)?.messages[seq - 1];
    if (known?.id !== message.messageId) {
      this.protest(userId, 'is shown what is not in the log', message);
      return;
    }
    if (this.#isHidden(userId, conversationId, seq)) this.protest(userId, 'is shown what is hidden', message);
    const isLate = known.changedAt > since;
    const { expiresAt } = known;
    const isExpired = expiresAt !== null && expiresAt <= this.#time.now();
    const hasContent = message.messageText !== null || message.deletedAt === null;
    if (hasContent && (isExpired || (known.deletedBy !== null && !isLate)))
      this.protest(userId, 'is shown what is gone', message);
    if (message.messageText !== null && message.messageText !== known.text && !isLate)
      this.protest(userId, 'is shown an old text', message, known.text);
  }

  /** A device is pushed an event. */
  event(userId: string, event: ServerEvent, since: number): void {
    switch (event.type) {
      case 'message.created':
        this.message(userId, event.message, since);
        return;
      case 'connected':
        for (const id of event.conversations) this.place(userId, id, since, event);
        return;
      case 'receipt.delivered':
      case 'receipt.read': {
        this.place(userId, event.conversationId, since, event);
        const conversation = this.#conversations.get(event.conversationId);
        const member = conversation?.members.get(event.userId);
        const reached =
          event.type === 'receipt.read' ? member?.readSeq : conversation?.deliveredSeq(event.userId);
        if (event.upToSeq > (reached ?? 0)) this.protest('Nobody got that far:', event);
        return;
      }
      case 'message.rejected':
      case 'change.rejected':
      case 'presence':
        return;
      default:
        if ('rev' in event) this.change(userId, event, since);
        else this.protest('Nobody expects', event);
    }
  }

  change(userId: string, event: Extract<ServerEvent, { rev: number }>, since: number): void {
    const { conversationId, rev } = event;
    const isTheirEnd = event.type === 'member.removed' && event.userId === userId;
    if (!isTheirEnd) this.place(userId, conversationId, since, event);
    const known = this.#conversations.get(conversationId)?.changes[rev - 1];
    if (known?.type !== event.type || known.by !== event.by || ('seq' in event && known.seq !== event.seq))
      this.protest(userId, 'is told of a change that there is not:', event, known);
    if ('seq' in event && this.#isHidden(userId, conversationId, event.seq))
      this.protest(userId, 'is told of a change of what is hidden:', event);
    if (event.type === 'message.updated' && event.message) this.message(userId, event.message, since);
  }

  #isInside(userId: string, conversationId: string, since: number): boolean {
    const member = this.#conversations.get(conversationId)?.members.get(userId);
    if (!member) return false;
    return member.isIn || member.outSince > since || this.settling.has(`${conversationId} ${userId}`);
  }

  #isHidden(userId: string, conversationId: string, seq: number): boolean {
    return this.#conversations.get(conversationId)?.members.get(userId)?.hidden.has(seq) ?? true;
  }
}
