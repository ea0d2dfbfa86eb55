import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWanted, termsOf } from '../../../shared/domain/search.ts';
import { plainText, wordsOf } from '../../../shared/domain/words.ts';

/** Of scripts that know capitals or accents, and what divides words. */
const letter = fc.constantFrom(...Array.from('aAàÀéßẞñÇŠđĐžıIiаЙйёΩώΆσς한글אبه12٣ -_'));

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('the words of a text', () => {
  it.each<[string, string, string[]]>([
    ['without case', 'Hello WORLD', ['hello', 'world']],
    [
      'without accents, composed or not',
      'Zürich Zu\u0308rich café ÅNGSTRÖM',
      [...['zurich', 'zurich', 'cafe', 'angstrom']],
    ],
    [
      'by anything but letters and digits',
      'a_b-c.d/e@f, 3.14 (g)…h 🙂i',
      [...['a', 'b', 'c', 'd', 'e', 'f', '3', '14', 'g', 'h', 'i']],
    ],
    ['of wide and ornamental letters', 'ｗｉｄｅ 𝓯𝓪𝓷𝓬𝔂 ﬁne ①', ['wide', 'fancy', 'fine', '1']],
    ['with invisible characters inside', 'so\u00adft\u200dhyphen', ['softhyphen']],
    [
      'of German, Turkish and Greek',
      'Straße STRAẞE STRASSE ISPARTA ısparta ΟΔΟΣ ὁδός',
      [...['strasse', 'strasse', 'strasse', 'isparta', 'isparta', 'οδοσ', 'οδοσ']],
    ],
    ['of Hindi, Arabic, Hebrew', 'हिन्दी كِتَاب שָׁלוֹם', ['हनद', 'كتاب', 'שלום']],
    ['of Chinese', '我喜欢北京大学的图书馆', ['我', '喜欢', '北京', '大学', '的', '图书', '馆']],
    ['of Japanese', '東京へ行く、テスト2回', ['東京', 'へ', '行く', 'テスト', '2', '回']],
    ['that a zero width space divides', 'ab\u200bcd', ['ab', 'cd']],
    ['of nothing', ' …🙂! ', []],
  ])('are found %s', (_, text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('are divided in Thai before its vowel signs are taken out', () => {
    expect(wordsOf('สวัสดีครับผมชื่อสมชาย')).toEqual(['สวัสดี', 'ครับ', 'ผม', 'ชื่อ', 'สมชาย'].map(plainText));
  });

  it('are letters and digits only, and stay as they are when they are folded again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const word of wordsOf(text)) {
          expect(word).toMatch(/^[\p{L}\p{N}]+$/u);
          expect(plainText(word)).toBe(word);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are the same in capitals, in small letters, composed and decomposed', () => {
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 50 }), (text) => {
        const words = wordsOf(text);
        expect(wordsOf(text.normalize('NFD'))).toEqual(words);
        expect(wordsOf(text.normalize('NFC'))).toEqual(words);
        expect(plainText(text.toUpperCase())).toBe(plainText(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    'a',
    'ä',
    'a\u0301',
    '\u0301',
    '\u0334\u0301',
    'ﾞﾟ',
    'Ω',
    '一',
    'ア',
    'ก็',
    'ខ្',
    '\u200d',
    ' a',
    '𝓪',
  ])('take time in proportion to the text, also of %j repeated', (unit) => {
    const text = unit.repeat(Math.ceil(400_000 / unit.length));
    const start = performance.now();
    wordsOf(text);
    // Some hundred milliseconds; in the square of the length it would be minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('a message is wanted', () => {
  const message = (messageText: string | null) => ({ messageText, senderId: 'ann' });
  const isFound = (text: string | null, q: string, senderId?: string): boolean =>
    isWanted(message(text), { terms: termsOf(q), senderId });

  it('when it has all the words, or words that begin with them, in any order', () => {
    expect(isFound('Invoices for März are due', 'marz INVOICE')).toBe(true);
    expect(isFound('Invoices for März are due', 'invoice april')).toBe(false);
    expect(isFound('Invoices', 'voice')).toBe(false);
    expect(isFound('图书馆在北京', '北京')).toBe(true);
    expect(isFound(null, 'a')).toBe(false);
  });

  it('when it is the sender’s, where one is given', () => {
    expect(isFound('hello', 'hello', 'ann')).toBe(true);
    expect(isFound('hello', 'hello', 'bo')).toBe(false);
  });

  it('by every word of its own text, whole or begun', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.nat(), (text, n) => {
        for (const word of wordsOf(text)) {
          const letters = Array.from(word);
          const begun = letters.slice(0, 1 + (n % letters.length)).join('');
          expect(isWanted(message(text), { terms: [begun], senderId: undefined })).toBe(true);
        }
      }),
    );
  });

  it('by terms that say nothing twice', () => {
    expect(termsOf('hel Hello hello HÉLLO world')).toEqual(['hello', 'world']);
  });
});
