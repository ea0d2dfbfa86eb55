import type { AttachmentLook, AttachmentLooks } from '../../ports/attachment-looks.ts';

const keyOf = ({ attachmentId, at }: AttachmentLook): string => `${at}|${attachmentId}`;

/** What is due, as long as the process lives: for tests and simulations. */
export class MemoryAttachmentLooks implements AttachmentLooks {
  readonly #noted = new Map<string, AttachmentLook>();

  note(look: AttachmentLook): Promise<void> {
    this.#noted.set(keyOf(look), look);
    return Promise.resolve();
  }

  async *due(before: Date): AsyncGenerator<AttachmentLook[]> {
    const due = [...this.#noted.values()].filter(({ at }) => at < before.toISOString());
    if (due.length > 0) yield await Promise.resolve(due);
  }

  done(looks: readonly AttachmentLook[]): Promise<void> {
    for (const look of looks) this.#noted.delete(keyOf(look));
    return Promise.resolve();
  }
}
