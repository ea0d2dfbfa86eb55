import { z } from 'zod';
import { termsOf } from '../domain/search.ts';
import { codePoints } from '../domain/text.ts';
import { listOf, optional, pageLimit, userId } from './fields.ts';
import { message } from './message.ts';

const maxTerms = 10;
const maxCursorLength = 4096;

/** `GET /api/search/messages`; `q` becomes the terms to look for. */
export const searchQuery = z.object({
  q: z
    .string({ error: 'must be a text of 1 to 200 characters' })
    .refine((q) => q.length > 0 && codePoints(q) <= 200, {
      error: 'must have 1 to 200 characters',
      abort: true,
    })
    .transform(termsOf)
    .refine((terms) => terms.length > 0, { error: 'must have a letter or digit' })
    .refine((terms) => terms.length <= maxTerms, { error: `must have at most ${maxTerms} different words` }),
  conversationId: optional(z.string()),
  senderId: optional(userId),
  cursor: optional(z.string().max(maxCursorLength, { error: 'must be a nextCursor of an earlier answer' })),
  limit: pageLimit(100, 20),
});

export type SearchQuery = z.infer<typeof searchQuery>;

export const foundPage = listOf(message);

export type FoundPage = z.infer<typeof foundPage>;
