/**
 * `npm run kill -- --kills 100 --seed N`: a stack of its own whose services are killed at random moments under load,
 * and then a look at whether anything was lost, repeated or out of order. Exit code 1 if so.
 */
import { parseArgs } from 'node:util';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { type Victim, victims } from './nemesis.ts';
import { explain, sum, table } from './report.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const usage = `Usage: npm run kill -- [--kills 100] [--seed TEXT] [--victims ${victims.join(',')}]
  [--conversations 20] [--groups 5] [--users 12] [--rate 40]`;

const isVictim = (name: string): name is Victim => (victims as readonly string[]).includes(name);

const readNumber = (text: string, flag: string): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1)
    throw new Error(`--${flag} is "${text}", but must be a number from 1.\n${usage}`);
  return number;
};

const readOptions = (): CampaignOptions => {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now()) },
      victims: { type: 'string', default: victims.join(',') },
      conversations: { type: 'string', default: '20' },
      groups: { type: 'string', default: '5' },
      users: { type: 'string', default: '12' },
      rate: { type: 'string', default: '40' },
    },
  });
  const names = values.victims.split(',');
  const unknown = names.find((name) => !isVictim(name));
  if (unknown !== undefined)
    throw new Error(`--victims names "${unknown}", but can name ${victims.join(', ')} only.\n${usage}`);
  return {
    seed: values.seed,
    kills: readNumber(values.kills, 'kills'),
    victims: names.filter(isVictim),
    conversations: readNumber(values.conversations, 'conversations'),
    groups: readNumber(values.groups, 'groups'),
    users: readNumber(values.users, 'users'),
    rate: readNumber(values.rate, 'rate'),
    log: say,
  };
};

try {
  const options = readOptions();
  say(`Seed ${options.seed}: ${options.kills} kills among ${options.victims.join(', ')}.`);
  const outcome = await runCampaign(options);
  say('');
  say(table(outcome));
  say('');
  say(sum(outcome));
  say(explain(outcome));
  process.exitCode = outcome.violations.length > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit(); // clients that try to connect again keep it alive
