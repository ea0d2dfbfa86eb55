import { batch, signal } from '@preact/signals';
import type { Attachment } from '../../../client/index.ts';
import type { Current } from './current.ts';
import { nothing, type Drafts, type Enclosed, type Written } from './drafts.ts';
import type { ShownMessage } from './shown.ts';

/** Uploads a file. @param tell how much is done, 0 to 1 */
export type Upload = (file: File, tell: (done: number) => void, signal: AbortSignal) => Promise<Attachment>;

/** What the composer needs of the page. */
export interface ComposeParts {
  current: Current;
  drafts: Drafts;
  upload: Upload;
  /** Says in words what went wrong. */
  explain: (error: unknown) => string;
}

/** What is being written. */
export class Compose {
  readonly text = signal('');
  readonly editing = signal<ShownMessage>();
  readonly replying = signal<ShownMessage>();
  readonly file = signal<Enclosed>();
  /** How much of the file is uploaded, 0 to 1. */
  readonly progress = signal<number>();
  readonly problem = signal<string>();
  readonly #parts: ComposeParts;
  #before: Written | undefined;
  #uploading: AbortController | undefined;
  #id: string | undefined;

  constructor(parts: ComposeParts) {
    this.#parts = parts;
  }

  /** Keeps what was being written in one conversation, and brings back that of another. */
  switchTo(id: string | undefined): void {
    this.#uploading?.abort();
    this.#keep();
    this.#id = id;
    this.#show(id === undefined ? nothing : this.#parts.drafts.of(id));
  }

  write(text: string): void {
    this.text.value = text;
    this.#keep();
    if (this.editing.value === undefined) this.#parts.current.showTyping(text !== '');
  }

  /** @param file undefined takes it out again, also while it is uploaded */
  attach(file: Enclosed | undefined): void {
    if (this.editing.value !== undefined) return;
    this.#uploading?.abort();
    this.file.value = file;
    this.problem.value = undefined;
    this.#keep();
  }

  edit(message: ShownMessage): void {
    const before = this.editing.value === undefined ? this.#written() : this.#before;
    this.#show({ text: message.messageText ?? '', editing: message, before });
    this.#keep();
  }

  replyTo(message: ShownMessage): void {
    if (this.editing.value !== undefined) this.clear();
    this.replying.value = message;
    this.#keep();
  }

  /** Takes back a message that could not be sent, to write it otherwise. */
  rewrite({ messageText, attachment }: ShownMessage): void {
    if (this.editing.value !== undefined) this.clear();
    this.text.value = [this.text.value, messageText ?? ''].filter((text) => text !== '').join('\n');
    if (attachment) this.file.value = attachment;
    this.#keep();
  }

  /** Stops editing, or answering. */
  clear(): void {
    if (this.editing.value !== undefined) this.#show(this.#before ?? nothing);
    else this.replying.value = undefined;
    this.#keep();
  }

  /** Sends what is written; what cannot be sent stays written. */
  async send(): Promise<void> {
    const [message, file] = [this.editing.value, this.file.value];
    if ((this.text.value.trim() === '' && !file) || this.progress.value !== undefined) return;
    if (message) return this.#change(message);
    const attachment = file && (await this.#uploaded(file));
    if (file && !attachment) return;
    const said = this.text.value.trim();
    const replyTo = this.replying.value?.messageId;
    this.#parts.current.send({
      ...(said !== '' && { text: said }),
      ...(replyTo !== undefined && { replyTo }),
      ...(attachment && { attachment }),
    });
    this.#show(nothing);
    this.#keep();
  }

  async #change(message: ShownMessage): Promise<void> {
    const isDone = await this.#parts.current.edit(message.messageId, this.text.value.trim());
    if (!isDone || this.editing.value !== message) return;
    this.#show(this.#before ?? nothing);
    this.#keep();
  }

  /** Undefined when it failed, or was not wanted any more. */
  async #uploaded(file: Enclosed): Promise<Attachment | undefined> {
    if (!(file instanceof File)) return file;
    const uploading = (this.#uploading = new AbortController());
    this.progress.value = 0;
    this.problem.value = undefined;
    const tell = (done: number): void => {
      if (!uploading.signal.aborted) this.progress.value = done;
    };
    try {
      return await this.#parts.upload(file, tell, uploading.signal);
    } catch (error) {
      if (!uploading.signal.aborted) this.problem.value = this.#parts.explain(error);
      return undefined;
    } finally {
      if (this.#uploading === uploading) this.progress.value = undefined;
    }
  }

  #written(): Written {
    const { text, editing, replying, file } = this;
    return {
      ...{ text: text.value, editing: editing.value, replying: replying.value, file: file.value },
      before: this.#before,
    };
  }

  #keep(): void {
    if (this.#id !== undefined) this.#parts.drafts.keep(this.#id, this.#written());
  }

  #show({ text, editing, replying, file, before }: Written): void {
    this.#before = before;
    batch(() => {
      this.text.value = text;
      this.editing.value = editing;
      this.replying.value = replying;
      this.file.value = file;
      this.problem.value = undefined;
    });
  }
}
