import { expect, it } from 'vitest';
import { commonWord, longText, rareMessages, rareWord } from '../../bench/long-text.ts';

it.each([300, 1000, 20_000])(
  'has the common word often and the rare one thrice in %i messages',
  (messages) => {
    const texts = Array.from({ length: messages }, (_, index) => longText(index + 1, messages));
    const having = (word: string): number => texts.filter((text) => text.split(' ').includes(word)).length;
    expect(having(commonWord)).toBe(messages / 5);
    expect(having(rareWord)).toBe(rareMessages);
  },
);
