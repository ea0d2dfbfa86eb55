import type { TransactionAction } from '@azure/data-tables';
import { messageAfter, type AcceptedChange, type Decision, type Ground } from '../../domain/change.ts';
import type { Member } from '../../domain/conversation.ts';
import type { LoggedMessage } from '../../domain/message.ts';
import {
  changedMessageRow,
  changeKey,
  keptKey,
  keptRow,
  lastRow,
  markerKey,
  memberRow,
  messageKey,
  noteRow,
  placeRow,
  reactionKey,
  settingsRow,
  versionKey,
  type HeadRow,
  type StoredMessage,
} from './conversation-rows.ts';

/** The head as a change leaves it. */
export const headAfter = (
  row: HeadRow,
  decision: Decision,
  ground: Ground,
  note: LoggedMessage | undefined,
): HeadRow => {
  const headRev = row.headRev + 1;
  const { settings, members, directMembers } = decision;
  const message = messageAfter(decision, ground.target);
  return {
    ...row,
    headRev,
    ...(settings && settingsRow(settings)),
    ...(members && { membersRev: headRev }),
    ...(directMembers && { directMembers: JSON.stringify(directMembers) }),
    ...(message?.seq === row.headSeq && { last: lastRow(message) }),
    ...(note && { headSeq: note.seq, lastAt: note.createdAt, last: lastRow(note) }),
  };
};

/** What a change is written from. */
export interface Writing {
  decision: Decision;
  ground: Ground;
  stored: StoredMessage | undefined;
  note: LoggedMessage | undefined;
  /** The head as it is to be. */
  row: HeadRow;
  now: Date;
}

const messageActions = (partitionKey: string, { decision, ground, stored }: Writing): TransactionAction[] => {
  const { target, replaced } = decision;
  if (!target || !stored) return [];
  const { seq } = target.message;
  const wasKept = ground.target?.kept != null;
  const { messageText: text, at } = replaced ?? { messageText: null, at: '' };
  const version = {
    partitionKey,
    rowKey: versionKey(seq, target.versions),
    ...(text !== null && { text }),
    at,
  };
  return [
    ['update', { ...changedMessageRow(stored, target) }, 'Replace'],
    ...(replaced ? [['create', version] satisfies TransactionAction] : []),
    ...(target.kept
      ? [
          [
            'upsert',
            { partitionKey, rowKey: keptKey(seq), ...keptRow(target.kept) },
          ] satisfies TransactionAction,
        ]
      : wasKept
        ? [['delete', { partitionKey, rowKey: keptKey(seq) }] satisfies TransactionAction]
        : []),
  ];
};

const reactionActions = (
  partitionKey: string,
  { decision, ground, stored }: Writing,
): TransactionAction[] => {
  const { reaction } = decision;
  if (!reaction || !stored) return [];
  const { emoji, userId, isAdded } = reaction;
  const { seq } = stored;
  const key = { partitionKey, rowKey: reactionKey(seq, emoji, userId) };
  const before = (ground.target?.reactions ?? []).flatMap(({ userIds }) => userIds).length;
  const count = { partitionKey, rowKey: messageKey(seq), reactions: before + (isAdded ? 1 : -1) };
  return [isAdded ? ['upsert', { ...key, seq, emoji, userId }] : ['delete', key], ['update', count, 'Merge']];
};

/**
 * A member who was there keeps its watermarks, which may be rising at this moment; one who joins gets a whole row.
 */
const memberAction = (conversationId: string, member: Member, ground: Ground): TransactionAction => {
  const wasThere = ground.members.some(({ userId, leftSeq }) => userId === member.userId && leftSeq === null);
  return wasThere
    ? ['update', placeRow(conversationId, member), 'Merge']
    : ['upsert', { ...memberRow(conversationId, member) }, 'Replace'];
};

/** All that a change writes besides the head. */
export const changeActions = (change: AcceptedChange<unknown>, writing: Writing): TransactionAction[] => {
  const { conversationId: partitionKey, changeId, userId: by } = change;
  const { decision, note, row, ground, now } = writing;
  const { headRev: rev } = row;
  const logged = {
    rev,
    at: now.toISOString(),
    by,
    record: JSON.stringify(decision.record),
    ...(note && { noteSeq: note.seq }),
  };
  return [
    ['create', { partitionKey, rowKey: changeKey(rev), ...logged }],
    ['create', { partitionKey, rowKey: markerKey(changeId), rev }],
    ...messageActions(partitionKey, writing),
    ...reactionActions(partitionKey, writing),
    ...(decision.members ?? []).map((member) => memberAction(partitionKey, member, ground)),
    ...(note
      ? ([
          ['create', { ...noteRow(note) }],
          ['create', { partitionKey, rowKey: markerKey(note.messageId), seq: note.seq }],
        ] satisfies TransactionAction[])
      : []),
  ];
};
