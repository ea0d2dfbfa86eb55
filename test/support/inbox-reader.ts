import type { Message } from '../../shared/domain/message.ts';
import type { User } from './chat.ts';

/** A thin client, which knows nothing but the inbox: it shows what is there, then takes it out. */
export class InboxReader {
  /** In the order in which they came. */
  readonly messages: Message[] = [];
  readonly #user: User;
  readonly #onMessage: (message: Message) => Promise<void>;

  constructor(user: User, onMessage: (message: Message) => Promise<void> = () => Promise.resolve()) {
    this.#user = user;
    this.#onMessage = onMessage;
  }

  /** Empties the inbox. */
  async poll(): Promise<void> {
    for (;;) {
      const items = await this.#user.inbox();
      if (items.length === 0) return;
      for (const { message } of items) {
        this.messages.push(message);
        await this.#onMessage(message);
      }
      const inboxIds = items.map(({ inboxId }) => inboxId);
      const { status } = await this.#user.post('/inbox/ack', { inboxIds });
      if (status >= 300) throw new Error(`The inbox was not acknowledged: ${status}`);
    }
  }
}
