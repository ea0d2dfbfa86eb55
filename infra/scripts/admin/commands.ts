import type { Ask } from './api.ts';
import { named, parsed, UsageError, type Given } from './arguments.ts';
import { deadLetters } from './dead-letters.ts';
import { exportConversation } from './export.ts';
import { table } from './table.ts';

export const usage = `Usage: npm run admin -- <command>
  stats                                   what waits, what is dead, how webhooks fare
  dead-letters list [--source QUEUE]      what was not worked off, the oldest first
  dead-letters show ID                    one of them, without what somebody wrote
  dead-letters redrive ID…                sends them again to where they came from
  dead-letters redrive --source QUEUE --all
  dead-letters discard ID…                throws them away for good
  erase USER --yes                        erases a user for good; prints how far it has come by its job
  job ID                                  how far an erasure has come
  export CONVERSATION [--since-seq N]     exports a conversation that you are in; prints where its file is
  replay WEBHOOK CONVERSATION [--from-seq N]   tells a webhook of a conversation again
PARLEY_URL    the app (default: http://127.0.0.1:7071)
PARLEY_TOKEN  a token with the role admin (default, for the app on this machine only: one signed with local.settings.json)
Ends with code 1 if anything did not work.`;

const seq = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`--${name} ${value} is no number.`);
  return Number(value);
};

/** Waits for nobody: an erasure takes as long as there are conversations. */
const erase = async (ask: Ask, given: Given): Promise<void> => {
  const [userId] = named(given, ['USER']);
  if (!given.values.yes) throw new UsageError(`This is for good. To erase ${userId}, say --yes.`);
  const { jobId } = await ask<{ jobId: string }>('DELETE', `admin/users/${encodeURIComponent(userId)}`);
  console.log(`It has begun. npm run admin -- job ${jobId}`);
};

const showJob = async (ask: Ask, given: Given): Promise<void> => {
  const [jobId] = named(given, ['ID']);
  console.log(JSON.stringify(await ask('GET', `jobs/${encodeURIComponent(jobId)}`), undefined, 2));
};

const replay = async (ask: Ask, given: Given): Promise<void> => {
  const [webhookId, conversationId] = named(given, ['WEBHOOK', 'CONVERSATION']);
  const fromSeq = seq('from-seq', given.values['from-seq']);
  const path = `webhooks/${encodeURIComponent(webhookId)}/replay`;
  const begun = await ask<{ fromSeq: number; toSeq: number }>('POST', path, {
    conversationId,
    ...(fromSeq !== undefined && { fromSeq }),
  });
  console.log(`It is told of ${conversationId} from ${begun.fromSeq} to ${begun.toSeq}.`);
};

interface Stats {
  at: string;
  queues: Record<'queue' | 'waiting' | 'oldestAt' | 'scheduled' | 'deadLetters' | 'isMore', unknown>[];
  webhooks: Record<string, number>;
}

const stats = async (ask: Ask, given: Given): Promise<void> => {
  named(given, []);
  const { at, queues, webhooks } = await ask<Stats>('GET', 'admin/stats');
  const more = (row: Stats['queues'][number]) => (row.isMore === true ? 'a thousand or more' : '');
  console.log(at);
  console.log(
    table(
      ['queue', 'waiting', 'oldest', 'scheduled', 'dead letters', ''],
      queues.map((row) => [
        row.queue,
        row.waiting,
        row.oldestAt ?? '-',
        row.scheduled,
        row.deadLetters,
        more(row),
      ]),
    ),
  );
  console.log(
    `webhooks: ${Object.entries(webhooks)
      .map(([status, count]) => `${count} ${status}`)
      .join(', ')}`,
  );
};

const commands: Record<string, (ask: Ask, given: Given) => Promise<void>> = {
  stats,
  'dead-letters': deadLetters,
  erase,
  job: showJob,
  export: (ask, given) => exportConversation(ask, given, seq('since-seq', given.values['since-seq'])),
  replay,
};

/** All that there is. @param open is asked when the command line has been understood */
export const commandsOf = (open: () => Promise<Ask>) => ({
  run: async (name: string, args: string[]): Promise<void> => {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`There is no command ${name}.`);
    const given = parsed(args);
    await command(await open(), given);
  },
});
