/**
 * `npm run chaos -- --seed N`: a stack of its own where things go wrong under load, and then a look at whether anything was
 * lost, repeated, out of order or shown to a stranger. Exit code 1 if so.
 */
import { parseArgs } from 'node:util';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { crashes, disturbances, storm, zombies, type Fault } from './faults.ts';
import { Random } from './random.ts';
import { explain, sum, table } from './report.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const all = [...crashes, ...disturbances, ...zombies, ...storm];

const usage = `Usage: npm run chaos -- [--seed TEXT] [--crashes 20] [--others 3] [--minutes N]
  [--only NAME,NAME] [--instances 1]
  [--conversations 20] [--groups 5] [--users 12] [--rate 40]
Each crash happens --crashes times and each other fault --others times, in an order that the seed decides; with --minutes they
go on for so long. With several instances of the app, it is them that sleep too long, and no crashes. Faults: ${all.map(({ name }) => name).join(', ')}`;

const readNumber = (text: string, flag: string, least = 1): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least)
    throw new Error(`--${flag} is "${text}", but must be a number from ${least}.\n${usage}`);
  return number;
};

const chosen = (only: string | undefined, instances: number): Fault[] => {
  if (only === undefined)
    return instances > 1 ? [...zombies, ...disturbances] : [...crashes, ...disturbances];
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.some((fault) => fault.name === name));
  if (unknown !== undefined) throw new Error(`--only names "${unknown}", which is no fault.\n${usage}`);
  return all.filter(({ name }) => names.includes(name));
};

/** Round after round, for so long. */
const forMinutes = function* (deck: Fault[], minutes: number, random: Random): Generator<Fault> {
  const end = Date.now() + minutes * 60_000;
  for (;;)
    for (const fault of random.shuffled(deck)) {
      if (Date.now() >= end) return;
      yield fault;
    }
};

const readOptions = (): CampaignOptions => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now()) },
      crashes: { type: 'string', default: '20' },
      others: { type: 'string', default: '3' },
      minutes: { type: 'string' },
      only: { type: 'string' },
      instances: { type: 'string', default: '1' },
      conversations: { type: 'string', default: '20' },
      groups: { type: 'string', default: '5' },
      users: { type: 'string', default: '12' },
      rate: { type: 'string', default: '40' },
    },
  });
  const instances = readNumber(values.instances, 'instances');
  const [deck, random] = [chosen(values.only, instances), new Random(values.seed)];
  const times = {
    crash: readNumber(values.crashes, 'crashes', 0),
    other: readNumber(values.others, 'others', 0),
  };
  const each = deck.flatMap((fault) => Array<Fault>(times[fault.isCrash ? 'crash' : 'other']).fill(fault));
  return {
    ...{ seed: values.seed, instances },
    faults:
      values.minutes === undefined
        ? random.shuffled(each)
        : forMinutes(deck, readNumber(values.minutes, 'minutes'), random),
    conversations: readNumber(values.conversations, 'conversations'),
    groups: readNumber(values.groups, 'groups'),
    users: readNumber(values.users, 'users'),
    rate: readNumber(values.rate, 'rate'),
    log: say,
  };
};

try {
  const options = readOptions();
  say(`Seed ${options.seed}.`);
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
