import type { Acknowledger } from './acknowledger.ts';
import type { Draft, Outbox, PendingMessage } from './outbox.ts';
import type { Environment } from './environment.ts';
import type { ChatEvents } from './chat-events.ts';
import type { Http } from './http.ts';
import type { SendReceipt } from './contract.ts';

/** What all parts of a client share. @internal */
export interface Core {
  environment: Environment;
  /** What time it is at the service, as far as it has told, in milliseconds since 1970. */
  serviceNow: () => number;
  http: Http;
  userId: string;
  outbox: Outbox;
  acknowledger: Acknowledger;
  emit: <Name extends keyof ChatEvents>(name: Name, event: ChatEvents[Name]) => void;
  /** Something of a conversation is to be shown otherwise; or the user is not in it any more. */
  onConversation: (id: string, isGone: boolean) => void;
  /** Sends an event that is not worth waiting for. */
  tell: (name: string, data: Record<string, unknown>) => void;
}

/** For whom a message is: the other member besides, where a conversation is direct. @internal */
export interface Addressee {
  to?: string | undefined;
  conversationId?: string;
}

/** Puts a message into the outbox. @internal */
export const post = (core: Core, { to, conversationId }: Addressee, draft: Draft): Promise<SendReceipt> => {
  const { environment } = core;
  const message: PendingMessage = {
    ...pick(draft),
    ...(to !== undefined && { to }),
    ...(conversationId !== undefined && { conversationId }),
    clientMessageId: draft.clientMessageId ?? environment.newId(),
    createdAt: new Date(environment.now()).toISOString(),
    state: 'waiting',
  };
  return core.outbox.add(message);
};

/** What a caller gives may have more in it than we know. */
const pick = ({ text, attachmentId, attachmentUrl, replyTo, mentions, expiresInSeconds }: Draft): Draft => ({
  ...(text !== undefined && { text }),
  ...(attachmentId !== undefined && { attachmentId }),
  ...(attachmentUrl !== undefined && { attachmentUrl }),
  ...(replyTo !== undefined && { replyTo }),
  ...(mentions !== undefined && { mentions }),
  ...(expiresInSeconds !== undefined && { expiresInSeconds }),
});

/** Sends a message as the contract wants it. @internal */
export const sendOver =
  (http: Http) =>
  ({ to, conversationId, text, ...message }: PendingMessage): Promise<SendReceipt> => {
    const { createdAt, clientMessageId } = message;
    const body = {
      ...pick(message),
      ...(text !== undefined && { messageText: text }),
      ...(conversationId === undefined ? { receiverId: to } : { conversationId }),
      clientMessageId,
      timestamp: createdAt,
    };
    return http.request<SendReceipt>('POST', '/sendMessage', { body, isOnce: true });
  };
