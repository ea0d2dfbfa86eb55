import type { Deleted, FinalHistory, History, KeptMessage, Seen, Sent } from '../history.ts';

/** Something that went against a promise. */
export interface Finding {
  /** What happened, with the ids and times to look for in the logs. */
  words: string;
  /** When what went wrong was begun; milliseconds since 1970. */
  at: number;
}

export const time = (ms: number): string => new Date(ms).toISOString();

export const aboutSent = (sent: Sent): string => {
  const accepted = sent.accepted.map(({ at, messageId }) => `202 at ${time(at)} as ${messageId}`);
  return (
    `"${sent.text}" (clientMessageId ${sent.clientMessageId}, send ${sent.nth} of ${sent.senderId} ` +
    `in ${sent.conversationId}, begun ${time(sent.begunAt)}, tries: ${
      sent.tries.map(({ at, outcome }) => `${outcome} at ${time(at)}`).join(', ') || 'none'
    }; ${accepted.join(', ') || 'never accepted'})`
  );
};

export const aboutSeen = ({
  conversationId,
  seq,
  messageId,
  senderId,
  clientMessageId,
  text,
}: Seen): string =>
  `${conversationId} seq ${seq}: ${messageId} (clientMessageId ${clientMessageId}) of ${senderId}, "${text ?? ''}"`;

/** Names a message as its sender does. */
export const nameOf = ({ conversationId, senderId, clientMessageId }: Seen | Sent): string =>
  JSON.stringify([conversationId, senderId, clientMessageId]);

/** A history, and indexes of it that several checks need. */
export interface Evidence extends History {
  sentByName: Map<string, Sent>;
  /** One member's reading of each conversation; `one-order` checks that the others' are the same. */
  logs: Map<string, FinalHistory>;
  kept: Map<string, KeptMessage[]>;
  keptById: Map<string, KeptMessage>;
  /** Messages that may be gone: their senders have asked for it. */
  taken: Map<string, Deleted>;
  /** Texts that edits were to give messages. */
  edited: Map<string, Set<string>>;
}

const editedIn = ({ asked }: History): Map<string, Set<string>> => {
  const texts = new Map<string, Set<string>>();
  for (const { wanted, text } of asked)
    if (wanted.messageId !== undefined && text !== undefined)
      texts.set(wanted.messageId, (texts.get(wanted.messageId) ?? new Set()).add(text));
  return texts;
};

export const indexed = (history: History): Evidence => {
  const logs = new Map(history.finalHistories.map((log) => [log.conversationId, log]));
  const messages = [...logs.values()].flatMap((log) => log.messages);
  return {
    ...history,
    sentByName: new Map(history.sent.map((sent) => [nameOf(sent), sent])),
    logs,
    kept: Map.groupBy(messages, nameOf),
    keptById: new Map(messages.map((message) => [message.messageId, message])),
    edited: editedIn(history),
    taken: new Map(history.deleted.map((deleted) => [deleted.messageId, deleted])),
  };
};

/** Looks through the evidence for what goes against one promise. */
export type Check = (evidence: Evidence) => Generator<Finding>;
