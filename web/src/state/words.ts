import { ParleyError, type PendingMessage } from '../../../client/index.ts';

/** What an error means to whoever uses the page. What has no words here is told as the service says it. */
const meanings: Record<string, string> = {
  network: 'There is no connection just now. Try again in a moment.',
  unavailable: 'The service is busy just now. Try again in a moment.',
  'internal-error': 'Something went wrong at the service. Try again in a moment.',
  'rate-limited': 'That was too much at once. Wait a moment.',
  unauthenticated: 'You are not logged in any more. Log in again.',
  'invalid-credentials': 'The username or the password is wrong.',
  'username-taken': 'Somebody has this username already. Choose another.',
  'accounts-disabled': 'There are no accounts to log in with here.',
  'message-rejected': 'It has words or links that are not accepted here. Write it otherwise, or discard it.',
  blocked: 'This person does not take messages from you, or you block them.',
  'not-a-member': 'You are not in this conversation any more.',
  'not-permitted': 'You may not do that here.',
  'message-deleted': 'This message was deleted.',
  'last-owner': 'You are the only owner: make somebody else an owner first.',
  'group-full': 'The group is full.',
  'upload-failed': 'The file could not be uploaded. Try again.',
  'attachment-type-mismatch': 'This file is not what its name says it is. It was not sent.',
  'attachment-size-mismatch': 'The file changed while it was uploaded. Choose it again.',
  'attachment-hash-mismatch': 'The file changed while it was uploaded. Choose it again.',
  'attachment-malicious': 'This file is dangerous. It was not sent.',
  'attachment-pending': 'The file is still being checked. Try again in a moment.',
};

/** Why a message waits; what else keeps it is its turn. */
const waits: Record<string, string> = {
  network: 'The service does not answer just now. It is sent as soon as it does.',
  'rate-limited': 'That was much at once. It is sent in a moment.',
  unavailable: 'The service is busy just now. It is sent in a moment.',
  'internal-error': 'Something went wrong at the service. It is sent in a moment.',
};

export const wordsOf = (code: string, fallback = 'It was not accepted.'): string =>
  meanings[code] ?? fallback;

/** What keeps a message that has no place yet, if there is something. */
export const wordsOfPending = ({ state, code }: PendingMessage): string | undefined =>
  state === 'failed' ? wordsOf(code ?? '') : waits[code ?? ''];

const isOf = (code: string, error: unknown): boolean => error instanceof ParleyError && error.code === code;

export const isLoggedOut = (error: unknown): boolean => isOf('unauthenticated', error);

/** What was asked is of a conversation that the user is not in. */
export const isNotMember = (error: unknown): boolean => isOf('not-a-member', error);

/** What went wrong, in words. */
export const problemOf = (error: unknown): string => {
  if (!(error instanceof ParleyError)) return 'Something went wrong on this page.';
  const detail = error.errors.map(({ detail: text }) => text).join('; ');
  return wordsOf(error.code, detail === '' ? error.message : detail);
};
