import type { ChatErrorCode } from '../../shared/domain/errors.ts';
import type { Access, Route } from './route.ts';

const member = ['unauthenticated', 'not-a-member'] as const;

/** How those are refused who may not call. */
const refusals: Record<Access, readonly ChatErrorCode[]> = {
  anyone: [],
  user: ['unauthenticated'],
  acquaintance: ['unauthenticated', 'not-found'],
  member,
  'group admin': [...member, 'not-permitted'],
  'group owner': [...member, 'not-permitted'],
  sender: [...member, 'not-permitted'],
  'sender or group admin': [...member, 'not-permitted'],
  'app admin': ['unauthenticated', 'not-permitted'],
  'web pubsub': [],
};

/** Every code that a route may be refused with: its own, and what follows from who may call and what it takes. */
export const problemsOf = ({
  access,
  query,
  body,
  problems,
}: Pick<Route, 'access' | 'query' | 'body' | 'problems'>): ChatErrorCode[] => {
  if (access === 'web pubsub') return [];
  const codes: ChatErrorCode[] = [...refusals[access], ...problems];
  if (query || body) codes.push('malformed-request');
  if (body) codes.push('unsupported-media-type', 'request-too-large');
  return [...new Set<ChatErrorCode>([...codes, 'unavailable'])];
};
