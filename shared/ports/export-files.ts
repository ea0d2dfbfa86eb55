import type { SignedUrl } from './attachments.ts';

/** Files made of parts, which nobody sees before they are whole. */
export interface ExportFiles {
  /** Keeps a part, from 1; the same part again takes its place. @throws ChatError `unavailable` */
  stage(jobId: string, part: number, bytes: Uint8Array): Promise<void>;

  /** Makes the file of its parts. Repeating it is harmless. @throws ChatError `unavailable` */
  commit(jobId: string, parts: number): Promise<void>;

  /** May read this one file, for minutes; a browser saves it under the name. @throws ChatError `unavailable` */
  downloadUrl(jobId: string, fileName: string): Promise<SignedUrl>;

  /** Takes it away, whole or in parts. Repeating it is harmless. @throws ChatError `unavailable` */
  remove(jobId: string): Promise<void>;
}
