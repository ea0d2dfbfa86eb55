import type { AuditAction } from '../domain/audit.ts';
import type { AcceptedChange, ChangeAction, ErasureAction, LoggedChange } from '../domain/change.ts';
import type { Audit } from '../ports/audit.ts';

/** What of changes operators may ask about later. An erasure is one entry of its own, not one for each message. */
const recorded: Partial<Record<(ChangeAction | ErasureAction)['type'], AuditAction>> = {
  delete: 'message.deleted',
  restore: 'message.restored',
  'remove-member': 'member.removed',
  'set-role': 'member.updated',
};

/** Keeps for operators what was changed; done again, it is there once. @throws ChatError `unavailable` */
export const recordChange = async (
  audit: Pick<Audit, 'record'>,
  { changeId, conversationId, action: { type } }: AcceptedChange<ChangeAction | ErasureAction>,
  change: LoggedChange,
): Promise<void> => {
  const action = recorded[type];
  if (action === undefined) return;
  const entry = { action, at: change.at, actorId: change.by, conversationId };
  const about = {
    ...('messageId' in change && { messageId: change.messageId }),
    ...('userId' in change && { userId: change.userId }),
    ...('role' in change && { role: change.role }),
  };
  await audit.record({ ...entry, ...about }, changeId);
};
