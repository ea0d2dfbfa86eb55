import { ChatError } from '../domain/errors.ts';
import type { Caller } from '../domain/user.ts';

/** Lets nobody pass but callers whose token carries the role claim `admin`. @throws ChatError `not-permitted` */
export const requireAdmin = ({ roles }: Caller): void => {
  if (!roles.includes('admin'))
    throw new ChatError('not-permitted', 'This takes a token with the role admin.');
};
