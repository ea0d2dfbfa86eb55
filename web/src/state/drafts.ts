import type { Attachment } from '../../../client/index.ts';
import type { ShownMessage } from './shown.ts';

/** A file of this device, or one that is uploaded already. */
export type Enclosed = File | Attachment;

/** What is being written. */
export interface Written {
  text: string;
  /** The message that it answers. */
  replying?: ShownMessage | undefined;
  /** The message that it is to take the place of. */
  editing?: ShownMessage | undefined;
  file?: Enclosed | undefined;
  /** What was being written when editing began. */
  before?: Written | undefined;
}

export const nothing: Written = { text: '' };

const isWorthKeeping = ({ text, file, editing, before }: Written): boolean =>
  text !== '' || file !== undefined || editing !== undefined || before !== undefined;

/** A file of the device cannot be kept over a reload; its words can. */
const kept = ({ file, before, ...written }: Written): Written => ({
  ...written,
  ...(file !== undefined && !(file instanceof File) && { file }),
  ...(before && { before: kept(before) }),
});

/** What was written and not sent, by user and conversation; it outlives a reload of the page. */
export class Drafts {
  readonly #userId: () => string | undefined;
  readonly #all = new Map<string, Written>();

  constructor(userId: () => string | undefined) {
    this.#userId = userId;
  }

  of(id: string): Written {
    const key = this.#keyOf(id);
    const known = this.#all.get(key);
    if (known) return known;
    try {
      return (JSON.parse(localStorage.getItem(key) ?? 'null') as Written | null) ?? nothing;
    } catch {
      return nothing;
    }
  }

  keep(id: string, written: Written): void {
    const key = this.#keyOf(id);
    this.#all.set(key, written);
    try {
      if (isWorthKeeping(written)) localStorage.setItem(key, JSON.stringify(kept(written)));
      else localStorage.removeItem(key);
    } catch {
      // The storage is full: it is kept for as long as the page is open.
    }
  }

  /** Forgets all of this user: another may sit here next. */
  clear(): void {
    const prefix = this.#keyOf('');
    this.#all.clear();
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  }

  #keyOf(id: string): string {
    return `parley draft ${this.#userId() ?? ''} ${id}`;
  }
}
