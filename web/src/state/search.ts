import { signal } from '@preact/signals';
import type { Message, ParleyClient } from '../../../client/index.ts';
import { later } from './later.ts';

const pauseMs = 300;
const shortest = 2;

/** Looking for messages. */
export class Search {
  readonly words = signal('');
  /** Undefined: nothing is looked for. */
  readonly found = signal<Message[]>();
  readonly #chat: () => ParleyClient | undefined;
  readonly #onWords: (words: string) => void;
  readonly #fail: (error: unknown) => void;
  readonly #look = later(pauseMs, () => void this.#lookUp());

  constructor(
    chat: () => ParleyClient | undefined,
    onWords: (words: string) => void,
    fail: (error: unknown) => void,
  ) {
    this.#chat = chat;
    this.#onWords = onWords;
    this.#fail = fail;
  }

  for(words: string): void {
    this.words.value = words;
    this.#onWords(words);
    if (words.trim().length < shortest) this.found.value = undefined;
    else this.#look();
  }

  async #lookUp(): Promise<void> {
    const words = this.words.value.trim();
    if (words.length < shortest) return;
    try {
      const found = await this.#chat()?.search(words, { limit: 30 });
      if (this.words.value.trim() === words) this.found.value = found?.items ?? [];
    } catch (error) {
      this.#fail(error);
    }
  }
}
