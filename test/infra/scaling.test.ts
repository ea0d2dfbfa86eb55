import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costOf, standardUse, type Calls, type PriceList } from '../../infra/scripts/cost-model.ts';

const page = readFileSync('docs/scaling.md', 'utf8');
const calls = JSON.parse(readFileSync('bench/calls.json', 'utf8')) as Calls;
const prices = JSON.parse(readFileSync('infra/prices.json', 'utf8')) as PriceList;

const numberOf = (cell = ''): number => Number(cell.replaceAll(',', ''));

/** `| users | messages/s | connections | units | dollars | … |` */
const rows = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^[\d,]+$/.test(cells[1] ?? '') && cells.length === 8);

describe('the page about scaling', () => {
  it('goes from ten users to ten million', () => {
    expect(rows.map((cells) => numberOf(cells[1]))).toEqual([10, 1e3, 1e4, 1e5, 1e6, 1e7]);
  });

  it.each(rows.map((cells) => [cells[1], cells] as const))('reckons for %s users as it says', (_, cells) => {
    const users = numberOf(cells[1]);
    const perSecond = ((users * 10) / 86_400) * 5;
    const shown = numberOf(cells[2]);
    expect(Math.abs(shown - perSecond)).toBeLessThanOrEqual(perSecond * 0.05);
    expect(numberOf(cells[3])).toBe(users / 10);
    const use = { ...standardUse, messages: users * 300, connections: users / 10, overlap: 16 };
    const lines = costOf(use, calls, prices);
    expect(numberOf(cells[5])).toBe(Math.round(lines.reduce((sum, { dollars }) => sum + dollars, 0)));
    const units = lines.find(({ item }) => item === 'Web PubSub, units')?.quantity;
    expect(numberOf(/^[\d,]+/.exec(cells[4] ?? '')?.[0])).toBe(units);
  });

  it('leads only to sections and files that there are', () => {
    const links = [...page.matchAll(/\]\(([^)#]*\.md)(?:#([^)]+))?\)/g)];
    expect(links.length).toBeGreaterThan(4);
    for (const [, file, section] of links) {
      const text = readFileSync(`docs/${file}`, 'utf8');
      const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      if (section !== undefined) expect(titles).toContain(section);
    }
  });
});
