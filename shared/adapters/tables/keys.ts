import { createHash } from 'node:crypto';

/**
 * Longest encoded id in characters. Azure takes keys of 512 UTF-16 units (1 KiB); the rest is for the prefixes, numbers
 * and second ids that row keys are made of.
 */
const maxLength = 400;

/** What stands for itself. `=` begins an escape, `~` marks a hash, and `|` is left to callers as a separator. */
const plain = /^[\w.@-]+$/;

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

const encodeCharacter = (character: string): string => {
  if (plain.test(character)) return character;
  // UTF-8 has no bytes for half a surrogate pair: two different halves would become the same U+FFFD.
  if (!character.isWellFormed()) return `=u${hex(character.charCodeAt(0), 4)}`;
  return Array.from(Buffer.from(character), (byte) => `=${hex(byte, 2)}`).join('');
};

/**
 * An id as (part of) a partition or row key: `ann` stays `ann`, `auth0|7` becomes `auth0=7C7`. Different ids have
 * different keys, also when they differ in case or Unicode normalisation only; a key holds nothing but
 * `A–Z a–z 0–9 _ . @ - = ~`, so neither Azure's rules for keys nor a query's quotes can be broken through an id, and
 * keys may be joined by `|`. What would be longer than 400 characters becomes `~` and its SHA-256: any text is safe,
 * and what has to be read back from a row belongs in a property.
 */
export const encodeKey = (id: string): string => {
  if (id.length <= maxLength && plain.test(id)) return id;
  if (id === '') return '=';
  const key = id.length > maxLength ? undefined : Array.from(id, encodeCharacter).join('');
  if (key !== undefined && key.length <= maxLength) return key;
  // UTF-16 keeps halves of surrogate pairs apart, which UTF-8 would not.
  return `~${createHash('sha256').update(id, 'utf16le').digest('hex')}`;
};

/** Whether a text is made of what keys of ours are made of, encoded ids and joined parts alike, and is short enough. */
export const isOwnKey = (key: string): boolean => /^[\w.:@=~|-]{1,512}$/.test(key);

/**
 * A place in a conversation as (part of) a row key: 16 digits, so that keys sort as numbers do.
 * @throws RangeError for what is not a whole number from 0 to 2^53 - 1
 */
export const seqKey = (seq: number): string => {
  if (!Number.isSafeInteger(seq) || seq < 0) throw new RangeError(`${seq} is not a sequence number.`);
  return String(seq).padStart(16, '0');
};

/**
 * A number of milliseconds or days since 1970 as (part of) a key, so that keys sort the other way round: what is newest
 * comes first, as a table is read.
 * @param digits how many the key has @throws RangeError for what is not a whole number of so many digits, from 0 on
 */
export const newestFirst = (time: number, digits: number): string => {
  const last = 10 ** digits - 1;
  if (!Number.isSafeInteger(time) || time < 0 || time > last)
    throw new RangeError(`${time} is not a time of ${digits} digits.`);
  return String(last - time).padStart(digits, '0');
};
