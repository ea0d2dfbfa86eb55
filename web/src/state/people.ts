import { signal } from '@preact/signals';
import type { ParleyClient, Profile } from '../../../client/index.ts';
import { later } from './later.ts';
import { problemOf } from './words.ts';

const pauseMs = 200;

/** Users to choose from. */
export class People {
  readonly words = signal('');
  readonly found = signal<Profile[]>([]);
  readonly chosen = signal<Profile[]>([]);
  readonly problem = signal<string>();
  /** A conversation with those who are chosen is begun. */
  readonly isBusy = signal(false);
  readonly #chat: () => ParleyClient | undefined;
  readonly #look = later(pauseMs, () => void this.#lookUp());

  constructor(chat: () => ParleyClient | undefined) {
    this.#chat = chat;
  }

  /** Looks for users whose name begins so. */
  find(words: string): void {
    this.words.value = words;
    this.#look();
  }

  toggle(person: Profile): void {
    const others = this.chosen.value.filter(({ userId }) => userId !== person.userId);
    this.chosen.value = others.length === this.chosen.value.length ? [...others, person] : others;
  }

  clear(): void {
    this.words.value = '';
    this.found.value = [];
    this.chosen.value = [];
    this.problem.value = undefined;
  }

  async #lookUp(): Promise<void> {
    const words = this.words.value.trim();
    if (words === '') {
      this.found.value = [];
      return;
    }
    try {
      const found = await this.#chat()?.users(words, { limit: 20 });
      if (this.words.value.trim() === words) this.found.value = found?.items ?? [];
      this.problem.value = undefined;
    } catch (error) {
      this.problem.value = problemOf(error);
    }
  }
}
