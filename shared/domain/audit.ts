/** What operators can be asked about later. */
export const auditActions = [
  'message.deleted',
  'message.restored',
  'member.updated',
  'member.removed',
  'login.succeeded',
  'login.refused',
  'logout',
  'password.changed',
  'user.erased',
  'export.started',
  'webhook.created',
  'webhook.deleted',
  'webhook.replayed',
  'dead-letter.read',
  'dead-letter.redriven',
  'dead-letter.discarded',
  'audit.read',
] as const;

export type AuditAction = (typeof auditActions)[number];

/** Something that happened: ids, times and roles only. Never what somebody wrote, nor anything that lets somebody in. */
export interface AuditEntry {
  action: AuditAction;
  /** When it happened; recorded again, it is the same. */
  at: string;
  /** Who did it; null: nobody that is known, as where a login fails. */
  actorId: string | null;
  /** To whom it was done, if not to oneself. */
  userId?: string | undefined;
  conversationId?: string | undefined;
  messageId?: string | undefined;
  /** What a member is from then on. */
  role?: string | undefined;
  jobId?: string | undefined;
  webhookId?: string | undefined;
  deadLetterId?: string | undefined;
  /** The code of a refusal. */
  code?: string | undefined;
}

/** An entry as it is kept. */
export interface AuditRecord extends AuditEntry {
  auditId: string;
}

/** A place in the list, which is newest first: behind it is what happened earlier. */
export type AuditPlace = Pick<AuditRecord, 'at' | 'auditId'>;

/** Whether an entry is about a user: as who did it, or to whom it was done. */
export const concerns = ({ actorId, userId }: AuditEntry, wanted: string): boolean =>
  actorId === wanted || userId === wanted;
