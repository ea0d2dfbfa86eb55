import type { Head, Member, Metadata, Role } from '../domain/conversation.ts';

/** A conversation as one of its members sees it. */
export interface ConversationView {
  id: string;
  type: Head['type'];
  title: string | null;
  metadata: Metadata | null;
  externalRef: string | null;
  createdBy: string;
  createdAt: string;
  lastActivityAt: string;
  members: { userId: string; role: Role }[];
  headSeq: number;
  headRev: number;
  deliveredSeq: number;
  readSeq: number;
}

export const viewOf = (head: Head, members: Member[], userId: string): ConversationView => {
  const own = members.find((member) => member.userId === userId);
  return {
    id: head.conversationId,
    type: head.type,
    title: head.title,
    metadata: head.metadata,
    externalRef: head.externalRef,
    createdBy: head.createdBy,
    createdAt: head.createdAt,
    lastActivityAt: head.lastActivityAt,
    members: members.map((member) => ({ userId: member.userId, role: member.role })),
    headSeq: head.headSeq,
    headRev: head.headRev,
    deliveredSeq: own?.deliveredSeq ?? 0,
    readSeq: own?.readSeq ?? 0,
  };
};
