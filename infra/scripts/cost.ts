/** `npm run cost -- --messages 1e6 --online 0.8`: what a month costs. `--help` lists what can be said. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { costOf, standardUse, type Calls, type PriceList, type Use } from './cost-model.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const names = Object.keys(standardUse) as (keyof Use)[];

const useOf = (args: string[]): Use => {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args, options });
  const use = { ...standardUse };
  for (const name of names) {
    const given = values[name];
    if (given === undefined) continue;
    use[name] = Number(given);
    if (!(use[name] >= 0)) throw new Error(`--${name} ${given} is no number.`);
  }
  if (use.online > 1 || use.attachments > 1 || use.sampling > 1)
    throw new Error('Shares are between 0 and 1.');
  return use;
};

const money = (dollars: number): string => dollars.toFixed(2).padStart(10);
const count = (quantity: number): string =>
  new Intl.NumberFormat('en', { maximumFractionDigits: quantity < 100 ? 2 : 0 })
    .format(quantity)
    .padStart(14);

const show = (use: Use): void => {
  const prices = read('../prices.json') as PriceList;
  const lines = costOf(use, read('../../bench/calls.json') as Calls, prices);
  const sum = (isFixed: boolean): number =>
    lines.filter((line) => line.isFixed === isFixed).reduce((total, { dollars }) => total + dollars, 0);
  const perThousand = (dollars: number): string =>
    use.messages > 0 ? ((dollars / use.messages) * 1000).toFixed(4) : '-';
  console.log(names.map((name) => `${name} ${use[name]}`).join(', '));
  console.log(`\n${prices.currency} a month`);
  for (const { item, quantity, unit, dollars, isSourced } of lines)
    console.log(`${money(dollars)}${isSourced ? ' ' : '*'} ${count(quantity)} ${unit.padEnd(16)} ${item}`);
  console.log(`${money(sum(true))}  by the month, whatever is sent`);
  console.log(`${money(sum(false))}  by use: ${perThousand(sum(false))} per 1,000 messages`);
  console.log(
    `${money(sum(true) + sum(false))}  in all: ${perThousand(sum(true) + sum(false))} per 1,000 messages`,
  );
  console.log(
    '\nList prices of infra/prices.json, with source and date there; * has no source. No free grants of Functions.',
  );
  for (const { product, perThousandMessages } of prices.others)
    if (perThousandMessages !== null) console.log(`${product}: ${perThousandMessages} per 1,000 messages`);
};

if (process.argv.includes('--help')) {
  console.log('What can be said, and what is meant otherwise:');
  for (const name of names) console.log(`  --${name} ${standardUse[name]}`);
} else {
  try {
    show(useOf(process.argv.slice(2)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
