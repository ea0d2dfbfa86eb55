import type { ConversationView } from '../../shared/contract/conversations.ts';
import { eventually, type SendAnswer, type User } from './chat.ts';

/** People who write to each other, and what was accepted of it, to hold what each device shows against. */
export class BusyWeek {
  /** For each conversation, what each sender sent, in the order in which the sends were awaited: ids of messages. */
  readonly sent = new Map<string, Map<string, string[]>>();
  /** Messages and changes that were accepted in each conversation; a change of members is told in the log as well. */
  readonly #accepted = new Map<string, { messages: number; changes: number }>();

  #count(conversationId: string): { messages: number; changes: number } {
    const counts = this.#accepted.get(conversationId) ?? { messages: 0, changes: 0 };
    this.#accepted.set(conversationId, counts);
    return counts;
  }

  async say(user: User, conversationId: string, messageText: string, rest: object = {}): Promise<string> {
    const { status, body } = await user.post<SendAnswer>(`/conversations/${conversationId}/messages`, {
      messageText,
      ...rest,
    });
    if (status !== 202) throw new Error(`A message was answered ${status}: ${JSON.stringify(body)}`);
    this.#count(conversationId).messages++;
    const senders = this.sent.get(conversationId) ?? new Map<string, string[]>();
    this.sent.set(conversationId, senders);
    senders.set(user.id, [...(senders.get(user.id) ?? []), body.messageId]);
    return body.messageId;
  }

  /** Everybody says so much at the same time, each one thing after the other. @returns who said what, by message id */
  async chatter(conversationId: string, users: User[], each: number): Promise<Map<string, User>> {
    const told = new Map<string, User>();
    await Promise.all(
      users.map(async (user) => {
        for (let n = 1; n <= each; n++)
          told.set(await this.say(user, conversationId, `${user.id} says ${n} of ${each}`), user);
      }),
    );
    return told;
  }

  /** Asks for a change of the conversation, or of something in it. @param path below the conversation */
  async change(
    user: User,
    conversationId: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<void> {
    const answer = await user.call(method, `/conversations/${conversationId}${path}`, body);
    if (answer.status !== 202)
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const counts = this.#count(conversationId);
    counts.changes++;
    // Told in the log as well.
    if (/^(?:\/members.*)?$/.test(path)) counts.messages++;
  }

  /** Until everything accepted stands in the log, as members see it. */
  async settle(...places: [conversationId: string, member: User][]): Promise<void> {
    for (const [conversationId, member] of places) {
      const { messages, changes } = this.#count(conversationId);
      await eventually(async () => {
        const { body } = await member.get<ConversationView>(`/conversations/${conversationId}`);
        return body.headSeq === messages && body.headRev === changes ? true : undefined;
      });
    }
  }
}
