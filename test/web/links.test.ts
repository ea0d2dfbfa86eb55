import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { linked } from '../../web/src/parts/links.ts';

const urls = (text: string): string[] => linked(text).flatMap((piece) => ('url' in piece ? [piece.url] : []));

describe('links in a text', () => {
  it('are web addresses without the punctuation behind them', () => {
    expect(urls('See https://example.com/a?b=1#c, or (http://example.org/).')).toEqual([
      'https://example.com/a?b=1#c',
      'http://example.org/',
    ]);
  });

  it.each([
    ['javascript:alert(1)'],
    ['JaVaScRiPt:alert(1)//https:'],
    ['data:text/html,<script>alert(1)</script>'],
    ['vbscript:x'],
    ['file:///etc/passwd'],
    ['https://'],
    ['nohttps://example.com'],
  ])('are nothing else: %s', (text) => {
    expect(urls(text).filter((url) => !/^https?:\/\/[^/]/.test(url))).toEqual([]);
  });

  it('end before what turns the direction of the text', () => {
    for (const turn of '\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')
      expect(urls(`See https://example.com/${turn}moc.knab//:sptth`)).toEqual(['https://example.com/']);
  });

  it('leave the text as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.webUrl(), (text, url) => {
        const whole = `${text} ${url} ${text}`;
        expect(
          linked(whole)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(whole);
      }),
      { numRuns: 1000 },
    );
  });
});
