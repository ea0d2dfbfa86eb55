import type { ConversationInfo, Message } from '../../../client/index.ts';

type Named = Pick<ConversationInfo['members'][number], 'userId' | 'fullName'>;

type Muted = Pick<ConversationInfo, 'muted' | 'mutedUntil'>;

/** What a person is called: by name, or by id where no name is known. */
export const personName = ({ userId, fullName }: Named): string => fullName ?? userId;

const enough = 4;

/** What a conversation is called by one of its members. */
export const nameOf = ({ title, members, type }: ConversationInfo, me: string | undefined): string => {
  if (title !== null) return title;
  const others = members.filter(({ userId }) => userId !== me);
  if (others.length === 0) return type === 'direct' ? 'Me' : 'Only me';
  const names = others.slice(0, enough).map(personName).join(', ');
  return others.length > enough ? `${names} and ${others.length - enough} more` : names;
};

/** The name of a member, or of one who has left. */
export const memberName = ({ members }: Pick<ConversationInfo, 'members'>, userId: string): string =>
  personName(members.find((member) => member.userId === userId) ?? { userId, fullName: null });

/** Whether its messages call nobody; for some time, or without an end. */
export const isMuted = ({ muted, mutedUntil }: Muted, now: Date): boolean =>
  muted && (mutedUntil === null || Date.parse(mutedUntil) > now.getTime());

/** What the system noted, in words. */
export const noteOf = ({ system, senderId }: Message, nameOf: (userId: string) => string): string => {
  const who = nameOf(senderId);
  switch (system?.event) {
    case 'member.added':
      return `${who} added ${system.userIds.map(nameOf).join(', ')}`;
    case 'member.removed':
      return `${who} removed ${nameOf(system.userId)}`;
    case 'member.left':
      return `${nameOf(system.userId)} left`;
    case 'member.updated':
      return `${who} made ${nameOf(system.userId)} ${system.role === 'member' ? 'a member' : `an ${system.role}`}`;
    case 'conversation.updated':
      return system.title === null ? `${who} removed the title` : `${who} named the group “${system.title}”`;
    case undefined:
      return '';
  }
};

/** Whether its time is over: it goes as one that is deleted does, at the time that it had, and nobody brings it back. */
export const isExpired = ({ deletedAt, expiresAt }: Pick<Message, 'deletedAt' | 'expiresAt'>): boolean =>
  deletedAt !== null && deletedAt === expiresAt;

/** A message in one line. */
export const briefly = (message: Message, nameOf: (userId: string) => string): string => {
  if (message.type === 'system') return noteOf(message, nameOf);
  if (isExpired(message)) return 'Message expired';
  if (message.deletedAt !== null) return 'Message deleted';
  return message.messageText ?? message.attachment?.fileName ?? message.attachmentUrl ?? '';
};

/** The last thing that was said in a conversation. */
export const previewOf = (conversation: ConversationInfo, me: string | undefined): string => {
  const { lastMessage, type } = conversation;
  if (!lastMessage) return 'Nothing said yet';
  const text = briefly(lastMessage, (userId) => memberName(conversation, userId));
  if (lastMessage.type === 'system') return text;
  if (lastMessage.senderId === me) return `You: ${text}`;
  return type === 'direct' ? text : `${memberName(conversation, lastMessage.senderId)}: ${text}`;
};
