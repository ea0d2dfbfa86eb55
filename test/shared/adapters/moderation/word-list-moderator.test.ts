import { describe, expect, test } from 'vitest';
import {
  type ModerationSettings,
  WordListModerator,
} from '../../../../shared/adapters/moderation/word-list-moderator.ts';
import { wordList } from '../../../../shared/adapters/moderation/word-list.ts';

const aModerator = (settings: Partial<ModerationSettings> = {}) =>
  new WordListModerator({ isOn: true, words: [], ...settings });

const isAllowed = async (text: string, settings?: Partial<ModerationSettings>): Promise<boolean> =>
  (await aModerator(settings).review(text)).allowed;

describe('a listed word', () => {
  test('is refused, each of them, and the sender is told why without repeating it', async () => {
    const moderator = aModerator();
    for (const word of wordList) {
      const verdict = await moderator.review(`you ${word}!`);
      expect(verdict).toEqual({
        allowed: false,
        reason: 'The message contains a word that is not accepted here.',
      });
    }
  });

  test.each([
    ...[
      'shit',
      'SHIT',
      'Shit!',
      '“shit”',
      'oh,shit.',
      'shit\nhappens',
      '(shit)',
      'shit…',
      'no–shit',
      '*shit*',
    ],
    ...['sh1t', '5hit', '$hit', 'sh!t', 'sh!t!!!', '5h1t', 'shiiiiit', 'a$$hole', '@sshole', 'fuck@you'],
    ...['shït', 'ｓｈｉｔ', '𝓼𝓱𝓲𝓽', 's\u200bh\u200bi\u200bt', 's\u0301h\u0302i\u0303t\u0304', 'sh\u00adit'],
  ])('is refused as %j', async (text) => {
    expect(await isAllowed(text)).toBe(false);
  });

  test.each([
    ...['Scunthorpe', 'shitake', 'a cockerel and a Dickens', 'assassin', 'classic passage', 'Matsushita'],
    ...[
      '455',
      'the A55 and the A$',
      '1234567890',
      'room 5417',
      'he!!o',
      'so what?!',
      'hit it',
      '🙂🙂🙂',
      '',
      ' ',
    ],
    ...['ann@example.org', 'https://example.org/?a=1&b=2', 'const a = b || c;', '東京', 'niger', 'shut up'],
  ])('is not seen in %j', async (text) => {
    expect(await isAllowed(text)).toBe(true);
  });

  test('can be chosen by the deployment', async () => {
    const settings = { words: ['Dreck', 'Über'] };
    for (const text of ['dreck', 'DR3CK', 'uber', 'über'])
      expect(await isAllowed(text, settings)).toBe(false);
    expect(await isAllowed('shit', settings)).toBe(true);
  });

  test('may be a number, which is then not read as letters', async () => {
    expect(await isAllowed('at 1488!', { words: ['1488'] })).toBe(false);
    expect(await isAllowed('at 148', { words: ['1488'] })).toBe(true);
  });

  test.each(['two words', '', '-'])('that is not one word, like %j, is an error', (entry) => {
    expect(() => aModerator({ words: [entry] })).toThrow('is not one word');
  });
});

test('nothing is refused when moderation is off', async () => {
  for (const text of ['shit', 'https://example.org '.repeat(1000)])
    expect(await isAllowed(text, { isOn: false })).toBe(true);
});

describe('spam', () => {
  test('is a flood of links', async () => {
    const link = 'see https://example.org/a HTTP://example.org ';
    expect(await isAllowed(link.repeat(15))).toBe(true);
    expect(await isAllowed(link.repeat(16))).toBe(false);
    expect(await isAllowed('see https://example.org', { spam: { maxLinks: 0 } })).toBe(false);
  });

  test('is the same word again and again', async () => {
    expect(await isAllowed('buy '.repeat(2500))).toBe(true);
    expect(await isAllowed('buy '.repeat(2501))).toBe(false);
    expect(await isAllowed('now NOW now', { spam: { maxRepeats: 2 } })).toBe(false);
  });

  test('is the same character again and again where that is limited', async () => {
    expect(await isAllowed('x'.repeat(10_000))).toBe(true);
    expect(await isAllowed('🙂'.repeat(20), { spam: { maxRun: 20 } })).toBe(true);
    expect(await isAllowed('🙂'.repeat(21), { spam: { maxRun: 20 } })).toBe(false);
    expect(await isAllowed(' '.repeat(21), { spam: { maxRun: 20 } })).toBe(true);
  });

  test('is accepted when the rules are switched off', async () => {
    expect(await isAllowed('https://example.org '.repeat(1000), { spam: false })).toBe(true);
  });
});

describe('the work on a text', () => {
  const adversarial: [string, (length: number) => string][] = [
    ['one letter', (n) => 'a'.repeat(n)],
    ['letters in threes', (n) => 'aaabbb'.repeat(n / 6)],
    ['almost a listed word', (n) => 'fuc'.repeat(n / 3)],
    ['signs', (n) => '!'.repeat(n)],
    ['signs and letters', (n) => '$h!'.repeat(n / 3)],
    ['words of one sign', (n) => '! '.repeat(n / 2)],
    ['blanks', (n) => ' '.repeat(n)],
    ['blanks before a letter', (n) => `${' '.repeat(n)}x`],
    ['marks in the wrong order', (n) => `a${'\u0301\u0323'.repeat(n / 2)}`],
    ['letters that are many when normalised', (n) => 'ﷺ'.repeat(n)],
    ['almost links', (n) => 'https:/'.repeat(n / 7)],
    ['digits', (n) => '1'.repeat(n)],
  ];

  const timeOf = async (moderator: WordListModerator, text: string): Promise<number> => {
    const start = performance.now();
    await moderator.review(text);
    return performance.now() - start;
  };

  test.each(adversarial)('grows with its length and no faster: %s', async (_, make) => {
    const moderator = aModerator({ spam: { maxRun: 100_000, maxRepeats: 100_000, maxLinks: 100_000 } });
    const [short, long] = [make(12_600), make(100_800)];
    // Eight times the text: linear is 8, quadratic 64. The machine does other things as well, which only ever adds to
    // a time: the least of some runs comes close to the truth. Below half a millisecond nothing can be measured.
    let [shortMs, longMs] = [Infinity, Infinity];
    for (let round = 0; round < 4 || (round < 40 && longMs / shortMs >= 30); round++) {
      shortMs = Math.max(
        0.5,
        Math.min(shortMs, await timeOf(moderator, short), await timeOf(moderator, short)),
      );
      longMs = Math.min(longMs, await timeOf(moderator, long));
    }
    expect(longMs / shortMs).toBeLessThan(30);
  });
});
