/** Rules of built-in accounts: what may be a user name or an e-mail address, and which of them are the same. */

import { truncate } from './text.ts';
import { plainText } from './words.ts';

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

/** Words of a full name by which a user is found. */
const maxWords = 5;

/** Code points of a name that are looked at. */
const maxKeyLength = 40;

/** A name, or its beginning, as names are compared: case and accents make no difference. */
export const nameKey = (text: string): string =>
  truncate(plainText(text).trim().replace(/\s+/gu, ' '), maxKeyLength);

/** Under which names a user is found: the user name, and the full name from the beginning of each of its words. */
export const nameKeysOf = (userId: string, fullName: string | null): string[] => {
  const words = plainText(fullName ?? '')
    .split(/\s+/u)
    .filter((word) => word !== '');
  const tails = words.slice(0, maxWords).map((_, index) => nameKey(words.slice(index).join(' ')));
  return [...new Set([nameKey(userId), ...tails])];
};

/** Two addresses are the same when these are equal. In practice nobody tells mailboxes apart by case. */
export const foldEmail = (email: string): string => email.normalize('NFC').toLowerCase();
