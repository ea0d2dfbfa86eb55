/** Rules of built-in accounts: what may be a user name or an e-mail address, and which of them are the same. */

/**
 * 3–64 ASCII letters, digits and `._-`, neither first nor last of them punctuation. ASCII, because a user name is also
 * the user id that others see: letters of two alphabets that look alike would let one user pose as another.
 */
export const usernamePattern = /^(?=.{3,64}$)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])$/;

const localAtom = /^[^\p{C}\p{Z}"(),:;<>@[\\\]]+$/u;
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** Whether a text has the shape of an e-mail address (RFC 5321, without quoted parts and IP literals; RFC 6531). */
export const isEmail = (text: string): boolean => {
  if (text.length > 254) return false;
  const [local = '', domain = '', ...rest] = text.split('@');
  const labels = domain.split('.');
  return (
    rest.length === 0 &&
    local.length <= 64 &&
    local.split('.').every((atom) => localAtom.test(atom)) &&
    labels.length >= 2 &&
    labels.every((label) => domainLabel.test(label))
  );
};

/** Two user names are the same account when these are equal: `Ann` and `ann` cannot both be registered. */
export const foldUsername = (username: string): string => username.toLowerCase();

/** Two addresses are the same when these are equal. In practice nobody tells mailboxes apart by case. */
export const foldEmail = (email: string): string => email.normalize('NFC').toLowerCase();
