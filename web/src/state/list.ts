import { computed, signal } from '@preact/signals';
import type { ConversationInfo, ParleyClient } from '../../../client/index.ts';
import { isMuted } from './names.ts';

/** As many as the list shows to begin with, and with each "more". */
const pageSize = 60;
const minuteMs = 60_000;

/** The conversations at the side. */
export class List {
  readonly all = signal<ConversationInfo[]>([]);
  readonly which = signal<'all' | 'unread' | 'archived'>('all');
  readonly words = signal('');
  readonly isLoaded = signal(false);
  readonly #limit = signal(pageSize);
  /** Now, to the minute. */
  readonly now = signal(new Date());

  readonly #matching = computed(() => {
    const words = this.words.value.trim().toLocaleLowerCase();
    return this.all.value.filter(({ archivedAt, unreadCount, title, members }) => {
      if ((archivedAt !== null) !== (this.which.value === 'archived')) return false;
      if (this.which.value === 'unread' && unreadCount === 0) return false;
      const names = [title, ...members.flatMap(({ userId, fullName }) => [userId, fullName])];
      return words === '' || names.some((name) => name?.toLocaleLowerCase().includes(words));
    });
  });
  readonly shown = computed(() => this.#matching.value.slice(0, this.#limit.value));
  /** Messages that were not read, but for those of muted conversations. */
  readonly unreadTotal = computed(() =>
    this.all.value.reduce((sum, one) => sum + (isMuted(one, this.now.value) ? 0 : one.unreadCount), 0),
  );
  readonly hasMore = computed(() => this.#matching.value.length > this.#limit.value);

  constructor() {
    setInterval(() => {
      this.now.value = new Date();
    }, minuteMs);
  }

  /** Takes what the client knows. */
  take(chat: ParleyClient): void {
    this.all.value = chat.known.flatMap(({ info, unreadCount, snapshot }) => {
      if (!info) return [];
      const lastMessage = snapshot.messages.at(-1) ?? info.lastMessage;
      return [{ ...info, unreadCount, lastMessage }];
    });
  }

  clear(): void {
    this.all.value = [];
    this.isLoaded.value = false;
    this.choose('all');
  }

  choose(which: 'all' | 'unread' | 'archived'): void {
    this.which.value = which;
    this.#limit.value = pageSize;
  }

  loadMore(): void {
    this.#limit.value += pageSize;
  }
}
