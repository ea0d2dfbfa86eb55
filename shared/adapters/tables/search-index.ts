import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { LoggedMessage } from '../../domain/message.ts';
import type { Wanted } from '../../domain/search.ts';
import { wordsOf } from '../../domain/words.ts';
import { encodeKey } from './keys.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify<Uint8Array, Buffer>(inflateRaw);

/** A message as an index knows it: its place, and what it is found by. */
export interface Entry {
  seq: number;
  at: string;
  keys: ReadonlySet<string>;
}

/**
 * Characters of a word that are kept: what is longer is no word but a key, a hash, a file in Base64. So an index may find
 * what begins alike, which the message itself then decides.
 */
const maxWordLength = 40;

const keyOf = (word: string): string => word.slice(0, maxWordLength);

/** No word has such a sign in it. */
const senderKey = (senderId: string): string => `@${encodeKey(senderId)}`;

/** What a message is found by: its words and its sender. A deleted one is not found. */
export const entryOf = ({ seq, createdAt, messageText, senderId }: LoggedMessage): Entry => ({
  seq,
  at: createdAt,
  keys: new Set(messageText === null ? [] : [senderKey(senderId), ...wordsOf(messageText).map(keyOf)]),
});

/** Lines in the order of their keys, each with its places: how far each is from the one before it, to the base of 36. */
const toText = (entries: readonly Entry[], from: number): string => {
  const lines = new Map<string, { text: string; last: number }>();
  for (const { seq, keys } of entries) {
    for (const key of keys) {
      const { text, last } = lines.get(key) ?? { text: '', last: from };
      lines.set(key, { text: `${text} ${(seq - last).toString(36)}`, last: seq });
    }
  }
  const sorted = [...lines.keys()].sort();
  return `\n${sorted.map((key) => `${key}${lines.get(key)?.text ?? ''}`).join('\n')}\n`;
};

/** An index of messages, ascending, as bytes. @param from the place that it begins with */
export const pack = (entries: readonly Entry[], from: number): Promise<Uint8Array> =>
  deflate(toText(entries, from));

/** The index that {@link pack} has packed. */
export const unpack = async (bytes: Uint8Array): Promise<string> => (await inflate(bytes)).toString();

const addPlaces = (places: Set<number>, line: string, from: number): void => {
  let seq = from;
  for (const step of line.split(' ').slice(1)) {
    seq += parseInt(step, 36);
    places.add(seq);
  }
};

/** The places of all lines that begin so: they stand one after the other. */
const placesOf = (text: string, beginning: string, from: number): Set<number> => {
  const places = new Set<number>();
  let start = text.indexOf(`\n${beginning}`) + 1;
  while (start > 0 && text.startsWith(beginning, start)) {
    const end = text.indexOf('\n', start);
    addPlaces(places, text.slice(start, end), from);
    start = end + 1;
  }
  return places;
};

/** What a key's line has to begin with, one for each thing that is asked for. A sender is wanted whole. */
const beginningsOf = ({ terms, senderId }: Wanted): string[] => [
  ...terms.map(keyOf),
  ...(senderId === undefined ? [] : [`${senderKey(senderId)} `]),
];

/** The places, descending, of what may be wanted. @param from the place that the index begins with */
export const lookUp = (text: string, from: number, wanted: Wanted): number[] => {
  const [first, ...others] = beginningsOf(wanted).map((beginning) => placesOf(text, beginning, from));
  const common = [...(first ?? [])].filter((seq) => others.every((places) => places.has(seq)));
  return common.sort((a, b) => b - a);
};

/** Whether an index would find a message. */
export const isFound = ({ keys }: Entry, wanted: Wanted): boolean =>
  beginningsOf(wanted).every((beginning) => keys.values().some((key) => `${key} `.startsWith(beginning)));
