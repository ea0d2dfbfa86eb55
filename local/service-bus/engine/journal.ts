import type { BrokerMessage } from './message.ts';

/** What must survive a crash. Calls collect changes; `commit` makes them durable together. Paths name entities. */
export interface Journal {
  /** Keeps a message as it now is, new or changed. */
  putMessage(path: string, message: BrokerMessage): void;
  deleteMessage(path: string, sequenceNumber: number): void;
  /** The highest number given in this entity, which never falls, even if the entity is deleted. */
  putSequenceNumber(path: string, last: number): void;
  putDuplicate(path: string, messageId: string, until: number): void;
  deleteDuplicate(path: string, messageId: string): void;
  putSessionState(path: string, sessionId: string, state: Buffer, changedAt: number): void;
  deleteSessionState(path: string, sessionId: string): void;
  /** Forgets everything of an entity but its highest number. */
  deleteEntity(path: string): void;
  /** Keeps how to make an entity again. */
  putDefinition(path: string, definition: string): void;
  deleteDefinition(path: string): void;
  commit(): void;
}

/** Keeps nothing: state lives in memory only. */
export const noJournal: Journal = {
  putMessage: () => undefined,
  deleteMessage: () => undefined,
  putSequenceNumber: () => undefined,
  putDuplicate: () => undefined,
  deleteDuplicate: () => undefined,
  putSessionState: () => undefined,
  deleteSessionState: () => undefined,
  deleteEntity: () => undefined,
  putDefinition: () => undefined,
  deleteDefinition: () => undefined,
  commit: () => undefined,
};
