import type { ShownMessage } from '../state/shown.ts';

/** What stands in the log: a day, where the new ones begin, or a message. */
export type Row =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'fresh'; key: string }
  | { kind: 'message'; key: string; message: ShownMessage; isNext: boolean };

/** Within this time messages of one sender stand together. */
const togetherMs = 5 * 60_000;

const isTogether = (before: ShownMessage | undefined, message: ShownMessage): boolean =>
  before !== undefined &&
  before.type !== 'system' &&
  before.senderId === message.senderId &&
  Date.parse(message.createdAt) - Date.parse(before.createdAt) < togetherMs;

/** Messages in their order, with the days between them. @param freshAfter the place behind which they are new, to `me` */
export const arrange = (
  messages: readonly ShownMessage[],
  freshAfter: number | undefined,
  me: string | undefined,
): Row[] => {
  const rows: Row[] = [];
  let isFresh = freshAfter === undefined;
  let before: ShownMessage | undefined;
  for (const message of messages) {
    const day = new Date(message.createdAt).toDateString();
    const isNewDay = before === undefined || new Date(before.createdAt).toDateString() !== day;
    if (isNewDay) rows.push({ kind: 'day', key: `day ${day}`, at: message.createdAt });
    if (!isFresh && message.seq > (freshAfter ?? 0) && message.senderId !== me) {
      isFresh = true;
      rows.push({ kind: 'fresh', key: 'fresh' });
    }
    rows.push({
      // Its sender gave it its own id, which another may have given, too; it keeps it from before it has a place.
      key: `said ${message.senderId} ${message.clientMessageId || message.messageId}`,
      ...{ kind: 'message', message },
      isNext: !isNewDay && isTogether(before, message),
    });
    before = message;
  }
  return rows;
};

/** Rows of one piece of the log that is shown or left out as a whole. */
const pieceSize = 40;

/** Rows in pieces which stay what they are while rows are added at either end: cut by place, not by number from the top. */
export const inPieces = (rows: readonly Row[]): { key: string; rows: Row[] }[] => {
  const pieces: { key: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const last = pieces.at(-1);
    const number = row.kind === 'message' ? Math.floor(row.message.seq / pieceSize) : undefined;
    if (
      last === undefined ||
      (number !== undefined && last.key !== String(number) && last.rows.some(isMessage))
    )
      pieces.push({ key: number === undefined ? row.key : String(number), rows: [row] });
    else {
      last.rows.push(row);
      if (number !== undefined && last.key.startsWith('day ')) last.key = String(number);
    }
  }
  return pieces;
};

const isMessage = ({ kind }: Row): boolean => kind === 'message';
