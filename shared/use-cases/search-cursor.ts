import { z } from 'zod';
import { malformed } from '../domain/errors.ts';
import { isConversationId, sealOf } from '../domain/identifiers.ts';

/** Conversations that a search has begun with, newest activity first, and not finished, at the same time. */
export const maxOpenConversations = 16;

/** Where a search goes on in a conversation. */
export interface SearchPosition {
  conversationId: string;
  /** The next place to look at. */
  upTo: number;
  /** Nothing at or below that place is newer, as milliseconds since 1970. */
  at: number;
}

/** How far a search has come. */
export interface SearchState {
  /** When it began, as milliseconds since 1970: what came later is not in it, so that places stay what they are. */
  asOf: number;
  open: SearchPosition[];
  /** The last conversation that it began with, and its last activity then; null when there are no others to begin with. */
  begun: Pick<SearchPosition, 'conversationId' | 'at'> | null;
}

const conversationId = z.string().refine(isConversationId);
const time = z.int().min(0).max(8.64e15);
const content = z.object({
  asOf: time,
  open: z.array(z.object({ conversationId, upTo: z.int().min(1), at: time })).max(maxOpenConversations),
  begun: z.object({ conversationId, at: time }).nullable(),
}) satisfies z.ZodType<SearchState>;

const cursorForm = /^([\w-]+)\.(s-[\w-]{24})$/;

/** A search that goes on, as a cursor for one user and query. @param scope names both */
export const searchCursorOf = (state: SearchState, scope: readonly string[]): string => {
  const text = Buffer.from(JSON.stringify(state)).toString('base64url');
  return `${text}.${sealOf(text, ...scope)}`;
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
};

/** The search that a cursor goes on with. @throws ChatError `malformed-request` for what is no cursor, or one of another search */
export const searchStateOf = (cursor: string, scope: readonly string[]): SearchState => {
  const [, text = '', seal] = cursorForm.exec(cursor) ?? [];
  const state = seal === sealOf(text, ...scope) ? content.safeParse(jsonOf(text)) : undefined;
  if (!state?.success)
    throw malformed('/cursor', 'must be a nextCursor of an earlier answer to the same search');
  return state.data;
};
