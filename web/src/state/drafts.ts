import type { Attachment } from '../../../client/index.ts';
import { forget, forgetAll, readJson, write } from './kept.ts';
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
    return this.#all.get(key) ?? (readJson(key) as Written | undefined) ?? nothing;
  }

  keep(id: string, written: Written): void {
    const key = this.#keyOf(id);
    this.#all.set(key, written);
    if (isWorthKeeping(written)) write(key, JSON.stringify(kept(written)));
    else forget(key);
  }

  /** Forgets all of this user: another may sit here next. */
  clear(): void {
    this.#all.clear();
    forgetAll(this.#keyOf(''));
  }

  #keyOf(id: string): string {
    return `parley draft ${encodeURIComponent(this.#userId() ?? '')} ${id}`;
  }
}
