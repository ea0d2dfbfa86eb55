import { batch, signal } from '@preact/signals';
import type { Current } from './current.ts';
import type { ShownMessage } from './shown.ts';

interface Written {
  text: string;
  replying: ShownMessage | undefined;
  file: File | undefined;
}

const nothing: Written = { text: '', replying: undefined, file: undefined };

/** Uploads a file. @param tell how much is done, 0 to 1 @returns the attachment's id */
export type Upload = (file: File, tell: (done: number) => void) => Promise<string>;

/** What is being written. */
export class Compose {
  readonly text = signal('');
  readonly editing = signal<ShownMessage>();
  readonly replying = signal<ShownMessage>();
  readonly file = signal<File>();
  /** How much of the file is uploaded, 0 to 1. */
  readonly progress = signal<number>();
  readonly problem = signal<string>();
  readonly #current: Current;
  readonly #upload: Upload;
  readonly #explain: (error: unknown) => string;
  readonly #kept = new Map<string, Written>();
  #id: string | undefined;

  constructor(current: Current, upload: Upload, explain: (error: unknown) => string) {
    this.#current = current;
    this.#upload = upload;
    this.#explain = explain;
  }

  /** Keeps what was being written in one conversation, and brings back that of another. */
  switchTo(id: string | undefined): void {
    if (this.#id !== undefined && this.editing.value === undefined)
      this.#kept.set(this.#id, {
        text: this.text.value,
        replying: this.replying.value,
        file: this.file.value,
      });
    this.#id = id;
    this.#set((id === undefined ? undefined : this.#kept.get(id)) ?? nothing);
  }

  write(text: string): void {
    this.text.value = text;
    if (this.editing.value === undefined) this.#current.showTyping(text !== '');
  }

  attach(file: File | undefined): void {
    if (this.editing.value !== undefined || this.progress.value !== undefined) return;
    this.file.value = file;
    this.problem.value = undefined;
  }

  edit(message: ShownMessage): void {
    this.#set({ ...nothing, text: message.messageText ?? '' });
    this.editing.value = message;
  }

  replyTo(message: ShownMessage): void {
    if (this.editing.value !== undefined) this.clear();
    this.replying.value = message;
  }

  /** Stops editing, or answering. */
  clear(): void {
    if (this.editing.value !== undefined) this.#set(nothing);
    this.replying.value = undefined;
  }

  /** Sends what is written; what cannot be sent stays written. */
  async send(): Promise<void> {
    const { text, editing, replying, file } = this;
    const said = text.value.trim();
    if ((said === '' && !file.value) || this.progress.value !== undefined) return;
    if (editing.value) {
      if (await this.#current.edit(editing.value.messageId, said)) this.#set(nothing);
      return;
    }
    const replyTo = replying.value?.messageId;
    const written: Written = { text: text.value, replying: replying.value, file: file.value };
    const id = this.#id;
    const attachmentId = file.value && (await this.#uploaded(file.value));
    if (file.value && attachmentId === undefined) return;
    if (this.#id !== id) {
      // Somebody went elsewhere while the file was on its way: it waits where it was meant for.
      if (id !== undefined) this.#kept.set(id, written);
      return;
    }
    this.#current.send({
      ...(said !== '' && { text: said }),
      ...(replyTo !== undefined && { replyTo }),
      ...(attachmentId !== undefined && { attachmentId }),
    });
    this.#set(nothing);
  }

  async #uploaded(file: File): Promise<string | undefined> {
    this.progress.value = 0;
    this.problem.value = undefined;
    try {
      return await this.#upload(file, (done) => {
        this.progress.value = done;
      });
    } catch (error) {
      this.problem.value = this.#explain(error);
      return undefined;
    } finally {
      this.progress.value = undefined;
    }
  }

  #set({ text, replying, file }: Written): void {
    batch(() => {
      this.text.value = text;
      this.replying.value = replying;
      this.file.value = file;
      this.editing.value = undefined;
      this.problem.value = undefined;
    });
  }
}
