import { ask, type Wish } from './asking.ts';
import type { Sent } from './history.ts';
import type { Lane, SenderOptions } from './lane.ts';

/** How often, behind a send, something that was said before is changed, and how. */
const shares = { delete: 0.06, edit: 0.1, react: 0.15, pin: 0.05 };
/** How often an edit has a rival, begun at the same time on another device of the sender. */
const rivalShare = 0.25;
const emojis = ['👍', '😂', '🎉', '👀', '🙏', '🔥', '✅', '🚀'] as const;
/** What is changed is one of so many messages said last. */
const recent = 8;

/** Somebody who changes what was said in one conversation, one thing after the other. */
export class Changer {
  readonly #lane: Lane;
  readonly #options: SenderOptions;
  readonly #own: Sent[] = [];
  readonly #reacted = new Set<string>();
  #edits = 0;

  constructor(lane: Lane, options: SenderOptions) {
    this.#lane = lane;
    this.#options = options;
  }

  /** Behind a send: perhaps something is changed. @throws Error when the app answers what it must not */
  async behind(sent: Sent): Promise<void> {
    this.#own.push(sent);
    this.#own.splice(0, this.#own.length - recent);
    const { random } = this.#options;
    if (random.chance(shares.delete)) await this.#takeBack();
    if (random.chance(shares.edit)) await this.#edit();
    if (random.chance(shares.react)) await this.#react();
    if (this.#lane.mayPin && random.chance(shares.pin)) await this.#pin();
  }

  async #takeBack(): Promise<void> {
    const { recorder, random } = this.#options;
    const [sent] = this.#own.splice(random.between(0, this.#own.length - 1), 1);
    const messageId = sent?.accepted[0]?.messageId;
    if (messageId === undefined) return;
    const deleting = recorder.deletes(this.#lane.conversationId, messageId);
    const isAccepted = await this.#ask('message.deleted', messageId, { method: 'DELETE' });
    if (isAccepted) deleting.confirm();
  }

  /** Undefined when everything of late was taken back. */
  #pickOwn(): Sent | undefined {
    return this.#own.length > 0 ? this.#options.random.pick(this.#own) : undefined;
  }

  async #edit(): Promise<void> {
    const { random } = this.#options;
    const sent = this.#pickOwn();
    const messageId = sent?.accepted[0]?.messageId;
    if (!sent || messageId === undefined) return;
    const count = random.chance(rivalShare) ? 2 : 1;
    await Promise.all(
      Array.from({ length: count }, () => {
        const text = `${sent.text}, edit ${++this.#edits}`;
        return this.#ask('message.updated', messageId, { method: 'PATCH', text });
      }),
    );
  }

  /** Never the same twice: each is in the changes once. */
  async #react(): Promise<void> {
    const { recorder, random } = this.#options;
    const said = recorder.lastAccepted(this.#lane.conversationId, recent);
    const messageId = said.length > 0 ? random.pick(said).accepted[0]?.messageId : undefined;
    const emoji = random.pick(emojis);
    if (messageId === undefined || this.#reacted.has(`${messageId} ${emoji}`)) return;
    this.#reacted.add(`${messageId} ${emoji}`);
    const part = `/reactions/${encodeURIComponent(emoji)}`;
    const reaction = { emoji, userId: this.#lane.from.userId };
    const isAdded = await this.#ask('reaction.added', messageId, { method: 'PUT', part, ...reaction });
    if (isAdded && random.chance(0.5))
      await this.#ask('reaction.removed', messageId, { method: 'DELETE', part, ...reaction });
  }

  async #pin(): Promise<void> {
    const messageId = this.#pickOwn()?.accepted[0]?.messageId;
    if (messageId === undefined) return;
    const part = '/pin';
    // Pinned by nobody else, and unpinned whenever it was pinned: each is a change.
    if (await this.#ask('message.pinned', messageId, { method: 'PUT', part }))
      await this.#ask('message.unpinned', messageId, { method: 'DELETE', part });
  }

  #ask(
    type: string,
    messageId: string,
    how: Pick<Wish['call'], 'method'> & { part?: string; text?: string; emoji?: string; userId?: string },
  ): Promise<boolean> {
    const { from, conversationId } = this.#lane;
    const { method, part = '', text, emoji, userId } = how;
    const path = `/conversations/${conversationId}/messages/${messageId}${part}`;
    const wanted = {
      ...{ type, messageId },
      ...(emoji !== undefined && { emoji }),
      ...(userId !== undefined && { userId }),
    };
    const call = { method, path, ...(text !== undefined && { body: { messageText: text } }) };
    return ask(from, { conversationId, wanted, call, ...(text !== undefined && { text }) }, this.#options);
  }
}
