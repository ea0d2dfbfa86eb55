import { rejectionId } from './identifiers.ts';

/** What was accepted and will not come into its conversation. */
export type Rejection = {
  conversationId: string;
  /** Why, as in a problem. */
  code: string;
  /** When it was refused. */
  at: string;
} & (
  | {
      /** The sender's own id of the message. */
      clientMessageId: string;
    }
  | {
      /** The caller's own id of the change. */
      changeId: string;
    }
);

/** Names a rejection within an inbox: the same however often it is kept. */
export const rejectionKeyOf = (rejected: Rejection): string => {
  const { conversationId } = rejected;
  const id =
    'changeId' in rejected
      ? rejectionId(conversationId, 'change', rejected.changeId)
      : rejectionId(conversationId, 'message', rejected.clientMessageId);
  return `${conversationId}|${id}`;
};
