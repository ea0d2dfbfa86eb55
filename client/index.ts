export {
  type ConnectOptions,
  type ConversationsQuery,
  type NewGroup,
  type Outgoing,
  ParleyClient,
} from './client.ts';
export {
  Conversation,
  type ConversationSettings,
  type ConversationSnapshot,
  type HistoryQuery,
} from './conversation.ts';
export type {
  Account,
  ChangeReceipt,
  ConversationInfo,
  HistoryPage,
  MemberInfo,
  MessageReceipt,
  Page,
  PresenceInfo,
  Profile,
  Revision,
  SendReceipt,
  UploadOffer,
  Watermarks,
} from './contract.ts';
export type { AttachmentDownload, UploadOptions } from './attachments.ts';
export type { ChatEvents } from './chat-events.ts';
export type { ConnectionState } from './connection.ts';
export type { Cancel, Environment, Socket, SocketOptions } from './environment.ts';
export { ParleyError, type ParleyErrorCode, type ParleyErrorDetails } from './errors.ts';
export type { ParleyEvents } from './events.ts';
export type { Draft, PendingMessage, Target } from './outbox.ts';
export { MemoryStore, type Store } from './store.ts';
export type { TokenSource } from './token.ts';
export type { ChangeEvent, ServerEvent } from '../shared/domain/event.ts';
export type { Attachment, Message, MessageStatus, Reaction, SystemNote } from '../shared/domain/message.ts';
