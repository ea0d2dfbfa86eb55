import { parseArgs } from 'node:util';

/** In the order in which they run: D needs fresh servers, and B leaves them with work to do. */
const scenarioNames = [
  ...(['D', 'A', 'E', 'C', 'spread', 'lists', 'history', 'search', 'catch-up'] as const),
  ...(['B', 'app', 'broker', 'web-pubsub', 'cold-start'] as const),
] as const;
/** Writing what these need takes minutes: they run when they are asked for. */
const onlyWhenNamed: readonly string[] = ['spread', 'lists', 'history', 'search', 'catch-up', 'cold-start'];
export type ScenarioName = (typeof scenarioNames)[number];

export const usage = `Usage: npm run bench -- [options]
  --scenarios LIST   of A (latency), B (highest rate), C (group), D (connections), E (offline), app (its own code, without the
                     Functions host), broker, web-pubsub (default: these);
                     and of lists, history, search, catch-up (reading what there is much of; Parley only),
                     spread (latency among 10 and among 20,000 conversations), cold-start (the app alone, bundled and not)
  --runs N           fresh starts of each system; the table has their medians (default 3)
  --seconds N        how long a latency or a rate is measured (default 20)
  --rate N           B at this rate only, to compare what it costs; its row then holds no highest rate
  --connections N    of scenario D (default 2000)
  --messages N       of the conversation that history, search and catch-up read (default 20000)
  --conversations N  of the user whose conversations are listed (default 500)
  --members N        of the group of scenario C (default 500)
  --receipts N       Parley's receivers acknowledge every N seconds what came (default 5), in groups of more than a
                     hundred every 15 to 45; 0: never, then it comes again
  --json FILE        everything that was measured
  --data FOLDER      where the servers keep their state (default: a new folder in the system's temporary folder)
  --storage PLACE    of Parley's storage (Azurite): memory, or disk, where it writes all its tables out every five
                     seconds in the thread that serves (default memory)
  --profile FOLDER   CPU profiles of Parley's servers (for Chrome's developer tools); figures are worse with it
  --no-rival         without the servers to compare with`;

export interface Options {
  readonly scenarios: readonly ScenarioName[];
  readonly runs: number;
  readonly seconds: number;
  readonly rate: number;
  readonly connections: number;
  readonly members: number;
  readonly messages: number;
  readonly conversations: number;
  readonly receiptSeconds: number;
  readonly json: string | undefined;
  readonly data: string | undefined;
  readonly storageInMemory: boolean;
  readonly profile: string | undefined;
  readonly rival: boolean;
  readonly help: boolean;
}

const whole = (name: string, text: string, min: number): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min) {
    throw new Error(`--${name} is "${text}", but must be a whole number from ${min}.`);
  }
  return value;
};

const scenariosOf = (text: string): ScenarioName[] => {
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !scenarioNames.some((known) => known === name));
  if (unknown !== undefined) {
    throw new Error(`--scenarios has "${unknown}"; there are ${scenarioNames.join(', ')}.`);
  }
  return scenarioNames.filter((name) => wanted.includes(name));
};

const inMemory = (storage: string): boolean => {
  if (storage === 'memory' || storage === 'disk') return storage === 'memory';
  throw new Error(`--storage is "${storage}", but must be memory or disk.`);
};

/** @throws Error saying which option is wrong and what is allowed */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      scenarios: {
        type: 'string',
        default: scenarioNames.filter((name) => !onlyWhenNamed.includes(name)).join(','),
      },
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '0' },
      connections: { type: 'string', default: '2000' },
      members: { type: 'string', default: '500' },
      messages: { type: 'string', default: '20000' },
      conversations: { type: 'string', default: '500' },
      receipts: { type: 'string', default: '5' },
      json: { type: 'string' },
      data: { type: 'string' },
      storage: { type: 'string', default: 'memory' },
      profile: { type: 'string' },
      rival: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    scenarios: scenariosOf(values.scenarios),
    runs: whole('runs', values.runs, 1),
    seconds: whole('seconds', values.seconds, 1),
    rate: whole('rate', values.rate, 0),
    connections: whole('connections', values.connections, 1),
    members: whole('members', values.members, 11),
    messages: whole('messages', values.messages, 300),
    conversations: whole('conversations', values.conversations, 1),
    receiptSeconds: whole('receipts', values.receipts, 0),
    json: values.json,
    data: values.data,
    storageInMemory: inMemory(values.storage),
    profile: values.profile,
    rival: values.rival,
    help: values.help,
  };
};
