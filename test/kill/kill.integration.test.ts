import { expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import { explain, sum, table } from './report.ts';

/** Another is tried with `KILL_SEED=… npm run test:run`; many kills in a row with `npm run kill`. */
const seed = process.env.KILL_SEED ?? 'parley';

it('nothing is lost, repeated or put out of order though services are killed under load', async () => {
  const lines: string[] = [];
  const outcome = await runCampaign({
    seed,
    kills: 9,
    victims: ['service-bus', 'web-pubsub', 'functions'],
    conversations: 6,
    groups: 2,
    users: 6,
    rate: 40,
    log: (line) => lines.push(line),
  });
  process.stdout.write(`Seed ${seed}\n${table(outcome)}\n${sum(outcome)}\n`);
  const story = [`Seed ${seed}`, ...lines, explain(outcome)].join('\n');
  expect(outcome.violations, story).toEqual([]);
  expect(outcome.faults).toHaveLength(9);
  expect(outcome.accepted).toBeGreaterThan(9);
}, 300_000);
