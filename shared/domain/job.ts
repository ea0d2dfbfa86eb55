import { newHash } from './running-hash.ts';

/** Work that takes longer than a request: small steps, each of which may be done again, until there is a report. */
export type Job = ErasureJob | ExportJob;

interface JobBase {
  /** Nobody can guess it: who knows it may read the report. */
  jobId: string;
  /** Number of the step that is under way; what comes late from an earlier one changes nothing. */
  step: number;
  startedAt: string;
  finishedAt: string | null;
}

/** For how many hours what was exported can be fetched. */
export const exportHours = 24;

/** The export of a conversation as one of its members may see it. */
export interface ExportJob extends JobBase {
  kind: 'export';
  userId: string;
  conversationId: string;
  /** Nothing up to this place. */
  sinceSeq: number;
  /** The conversation as it was at the beginning. */
  headSeq: number;
  headRev: number;
  /** The place to go on at. */
  from: number;
  /** Parts of the file so far. */
  parts: number;
  messages: number;
  bytes: number;
  /** Of the parts so far. */
  hash: string;
  /** Of the messages' lines, when it is done. */
  sha256: string | null;
  /** The user is no member any more. */
  isRefused: boolean;
}

/** A new export. */
export const newExport = (
  jobId: string,
  what: Pick<ExportJob, 'userId' | 'conversationId' | 'sinceSeq' | 'headSeq' | 'headRev'>,
  now: Date,
): ExportJob => ({
  kind: 'export',
  jobId,
  step: 0,
  startedAt: now.toISOString(),
  finishedAt: null,
  ...what,
  from: what.sinceSeq + 1,
  parts: 0,
  messages: 0,
  bytes: 0,
  hash: newHash(),
  sha256: null,
  isRefused: false,
});

/** What is done one after the other when a user is erased; each may take many steps. */
export type ErasureStage = 'account' | 'blocks' | 'conversations' | 'inbox' | 'presence' | 'done';

/** What was erased. */
export interface ErasureCounts {
  accounts: number;
  conversations: number;
  messages: number;
  /** Files and images of these messages. */
  attachments: number;
  reactions: number;
  inboxItems: number;
  blocks: number;
}

/** The erasure of a user and of all that the user has written. */
export interface ErasureJob extends JobBase {
  kind: 'erasure';
  /** Empty when it is done. */
  userId: string;
  stage: ErasureStage;
  /** The conversation that is being gone through, and from which place on. */
  current: Pick<ErasurePiece, 'conversationId' | 'from' | 'reactions'> | null;
  /** What is counted and to be removed: counted before, so that a step that is done again counts nothing twice. */
  pending: string[];
  counts: ErasureCounts;
}

/** A piece of a conversation that is to be freed from a user, in the conversation's own turn. */
export interface ErasurePiece {
  jobId: string;
  step: number;
  conversationId: string;
  userId: string;
  /** The place to begin at; at the first one the user leaves. */
  from: number;
  /** What was found and counted before, and is to be taken back. */
  reactions: OwnReaction[];
}

interface OwnReaction {
  messageId: string;
  emoji: string;
}

/** What was erased in a piece. */
export interface PieceReport extends Pick<ErasureCounts, 'messages' | 'attachments'> {
  /** Found, and to be taken back with the next piece: what is done again counts nothing twice, and misses nothing. */
  reactions: OwnReaction[];
  upTo: number;
  /** There is nothing behind it. */
  isEnd: boolean;
}

/** Tells a job that a step is done. */
export interface JobMessage {
  jobId: string;
  step: number;
  /** With the first: the job, should there be no row of it. */
  begin?: Job;
  piece?: PieceReport;
  /** What has come of the job goes, for its time is over. */
  isOver?: true;
}

export const isFinished = ({ finishedAt }: Job): boolean => finishedAt !== null;

/** A new erasure. @param accounts whether there is a built-in account */
export const newErasure = (jobId: string, userId: string, accounts: 0 | 1, now: Date): ErasureJob => ({
  kind: 'erasure',
  jobId,
  step: 0,
  startedAt: now.toISOString(),
  finishedAt: null,
  userId,
  stage: 'account',
  current: null,
  pending: [],
  counts: {
    accounts,
    conversations: 0,
    messages: 0,
    attachments: 0,
    reactions: 0,
    inboxItems: 0,
    blocks: 0,
  },
});
