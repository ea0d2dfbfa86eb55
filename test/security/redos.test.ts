import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '@azure/functions';
import { addressOf } from '../../functions/http/address.ts';
import { bearer } from '../../functions/http/respond.ts';
import { isSigned } from '../../functions/cloud-events/signature.ts';
import { ticketIn } from '../../functions/cloud-events/ticket.ts';
import { bindingOf } from '../../functions/cloud-events/binding.ts';
import { HttpWebhookEndpoint } from '../../shared/adapters/http/http-webhook-endpoint.ts';
import { SpamModerator } from '../../shared/adapters/moderation/spam-moderator.ts';
import { WordListModerator } from '../../shared/adapters/moderation/word-list-moderator.ts';
import { wordLists } from '../../shared/adapters/moderation/words/index.ts';
import { encodeKey } from '../../shared/adapters/tables/keys.ts';
import { registrationRequest, accountChange, usersQuery } from '../../shared/contract/accounts.ts';
import { emoji } from '../../shared/contract/changes.ts';
import { historyQuery } from '../../shared/contract/lists.ts';
import { searchQuery } from '../../shared/contract/search.ts';
import { sendMessageRequest } from '../../shared/contract/send-message.ts';
import { isEmail, nameKeysOf } from '../../shared/domain/account.ts';
import { cleanFileName } from '../../shared/domain/file-name.ts';
import { isUserId } from '../../shared/domain/user.ts';
import { wordsOf } from '../../shared/domain/words.ts';

/**
 * Texts made to keep a regular expression busy. That moderation's work grows with a text's length and no faster is
 * measured by `test/shared/adapters/moderation/word-list-moderator.test.ts`. No pattern of a user is ever compiled: there
 * is no field for one.
 */

const length = 100_000;
const allWords = Object.values(wordLists).flat();

/** Milliseconds of the processor, of several runs the least, for the machine does other things as well. */
const least = (work: () => unknown): number => {
  let best = Infinity;
  for (let run = 0; run < 5 && best > 5; run++) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
};

/** Rows of what patterns repeat, with and without an end that does not match. */
const units = ['a', ' ', '.', '-', '@', 'a.', 'a@', '=', '/', '!', '\u0301', '{', '%', ',', '😀', 'ﷺ', '漢'];
const texts = units.flatMap((unit) => {
  const row = unit.repeat(length / unit.length);
  return [row, `${row}\n`, `${row}!`, `x${row}\u0000`];
});

const request = (headers: Record<string, string>): HttpRequest =>
  new HttpRequest({ method: 'GET', url: 'http://127.0.0.1/', headers });

const limits = { maxMessageLength: 10_000, maxAttachmentBytes: 100 };
const draft = sendMessageRequest(limits);
const webhooks = new HttpWebhookEndpoint({ allowsPrivate: false });
const aFile = { fileName: 'a.txt', contentType: 'text/plain', size: 1 };
const send = (fields: object) => draft.safeParse({ receiverId: 'bo', messageText: 'hi', ...fields });
/** A header can hold no more than a byte per character. */
const inHeader = (text: string): string => encodeURIComponent(text.toWellFormed()).slice(0, length);

const readers: Record<string, (text: string) => unknown> = {
  'a user id': isUserId,
  'a receiver': (text) => send({ receiverId: text }),
  'a text': (text) => send({ messageText: text }),
  'a link': (text) => send({ attachmentUrl: `https://${text}` }),
  'a timestamp': (text) => send({ timestamp: text }),
  mentions: (text) => send({ mentions: [text] }),
  'a reference to a message': (text) => send({ replyTo: text }),
  'a name of a file': (text) => send({ attachment: { ...aFile, fileName: text } }),
  'a media type': (text) => send({ attachment: { ...aFile, contentType: text } }),
  'a digest': (text) => send({ attachment: { ...aFile, sha256: text } }),
  'an emoji': (text) => emoji.safeParse(text),
  'a user name': (text) => registrationRequest.safeParse({ username: text, password: text }),
  'an e-mail address': (text) => isEmail(text),
  'the host of an e-mail address': (text) => isEmail(`a@${text}`),
  'an avatar': (text) => accountChange.safeParse({ avatarUrl: `https://${text}` }),
  'a beginning of a name': (text) => usersQuery.safeParse({ q: text }),
  'a cursor of a history': (text) => historyQuery.safeParse({ cursor: `a${text}`, limit: text }),
  'words to look for': (text) => searchQuery.safeParse({ q: text }),
  'a key of a table': encodeKey,
  'a bearer token': (text) => {
    try {
      return bearer(request({ authorization: `Bearer ${inHeader(text)}` }));
    } catch {
      return undefined;
    }
  },
  'addresses of proxies': (text) => addressOf(request({ 'x-forwarded-for': inHeader(text) }), 2),
  'a signature': (text) => isSigned(`sha256=${text}`, 'c1', ['key']),
  'a ticket': (text) => ticketIn({ ticket: [`${text}.1`] }, 'ann', new Date(0), ['key']),
  'the code of a ticket': (text) => ticketIn({ ticket: [`1.${text}`] }, 'ann', new Date(0), ['key']),
  'a state of a connection': (text) => bindingOf(text, 'c1', ['key']),
  'a URL of a webhook': (text) => webhooks.refusalOf(`https://${text}`),
};

describe('reading 100 KB made to be hard', () => {
  it.each(Object.keys(readers))('as %s takes less than 50 ms', (name) => {
    const slow = texts
      .map((text) => ({ text: JSON.stringify(text.slice(0, 6)), ms: least(() => readers[name]?.(text)) }))
      .filter(({ ms }) => ms >= 50);
    expect(slow).toEqual([]);
  });
});

describe('reading as much as a message may be', () => {
  const longest = texts.map((text) =>
    Array.from(text.toWellFormed()).slice(0, limits.maxMessageLength).join(''),
  );

  it.each<[string, (text: string) => unknown]>([
    ['its words', wordsOf],
    ['whether it is spam', (text) => new SpamModerator({ maxRun: 1e6 }).review({ text })],
    ['what moderation makes of it', (text) => new WordListModerator(allWords).review({ text })],
  ])('for %s takes less than 50 ms', (_, read) => {
    expect(longest.map((text) => least(() => read(text))).filter((ms) => ms >= 50)).toEqual([]);
  });

  it.each<[string, number, (text: string) => unknown]>([
    ['the name of a file', 1024, cleanFileName],
    ['what a full name is found by', 100, (text) => nameKeysOf('ann', text)],
  ])('for %s, which is shorter, takes less than 50 ms', (_, most, read) => {
    const names = texts.map((text) => Array.from(text.toWellFormed()).slice(0, most).join(''));
    expect(names.map((text) => least(() => read(text))).filter((ms) => ms >= 50)).toEqual([]);
  });
});

describe('a pattern that somebody sends', () => {
  const patterns = ['(a+)+$', '.*', '^', '[', '(?=x', 'a|b', '\\w+', '(?<n>a)\\k<n>*'];

  it('is words to search for, and no pattern', () => {
    for (const pattern of patterns) {
      const asked = wordsOf(pattern);
      expect(asked.every((word) => /^[\p{L}\p{N}]+$/u.test(word))).toBe(true);
      expect(wordsOf(`${'a'.repeat(50)}!`)).not.toContain(asked[0] ?? 'none');
    }
  });

  it('is compiled nowhere: the app makes patterns of its own words only', () => {
    const made = globSync(['functions/**/*.ts', 'shared/**/*.ts']).filter((file) =>
      /\bRegExp\(/.test(readFileSync(file, 'utf8')),
    );
    // It looks for a setting by a name of its own.
    expect(made).toEqual(['shared/config.ts']);
  });
});
