/** Looks for harm in uploaded files. */
export interface FileScan {
  /** What was found; `pending` as long as nobody knows. @throws ChatError `unavailable` */
  verdict(bytesOf: string): Promise<'clean' | 'malicious' | 'pending'>;
}
