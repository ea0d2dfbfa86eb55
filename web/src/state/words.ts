import { ParleyError } from '../../../client/index.ts';

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
  'message-rejected': 'This message is not accepted here.',
  blocked: 'This person does not take messages from you, or you block them.',
  'not-a-member': 'You are not in this conversation any more.',
  'not-permitted': 'You may not do that here.',
  'message-deleted': 'This message was deleted.',
  'last-owner': 'You are the only owner: make somebody else an owner first.',
  'group-full': 'The group is full.',
  'upload-failed': 'The file could not be uploaded. Try again.',
};

export const wordsOf = (code: string, fallback = 'It was not accepted.'): string =>
  meanings[code] ?? fallback;

/** What went wrong, in words. */
export const problemOf = (error: unknown): string => {
  if (!(error instanceof ParleyError)) return 'Something went wrong on this page.';
  const detail = error.errors.map(({ detail: text }) => text).join('; ');
  return wordsOf(error.code, detail === '' ? error.message : detail);
};
