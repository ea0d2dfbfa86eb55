import { ProblemError, type Ask } from './api.ts';
import { named, UsageError, type Given } from './arguments.ts';
import { table } from './table.ts';

interface DeadLetter {
  deadLetterId: string;
  reason: string | null;
  enqueuedAt: string;
  sessionId: string | null;
  traceId: string | null;
}

const pathOf = (deadLetterId: string): string => `admin/deadletters/${encodeURIComponent(deadLetterId)}`;

/** All of them, page by page. */
async function* each(ask: Ask, source: string | undefined): AsyncGenerator<DeadLetter> {
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      ...(source !== undefined && { source }),
      ...(cursor !== null && { cursor }),
    });
    const page: { items: DeadLetter[]; nextCursor: string | null } = await ask(
      'GET',
      `admin/deadletters?${query.toString()}`,
    );
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

const list = async (ask: Ask, given: Given): Promise<void> => {
  named(given, []);
  const letters: DeadLetter[] = [];
  for await (const letter of each(ask, given.values.source)) letters.push(letter);
  if (letters.length === 0) console.log('There are no dead letters.');
  else
    console.log(
      table(
        ['id', 'since', 'reason', 'session', 'trace'],
        letters.map(({ deadLetterId, enqueuedAt, reason, sessionId, traceId }) => [
          ...[deadLetterId, enqueuedAt, reason ?? '-', sessionId ?? '-', traceId ?? '-'],
        ]),
      ),
    );
};

const show = async (ask: Ask, given: Given): Promise<void> => {
  const [deadLetterId] = named(given, ['ID']);
  console.log(JSON.stringify(await ask('GET', pathOf(deadLetterId)), undefined, 2));
};

/** One after the other, so that each conversation keeps its order. What fails is told, and the next one tried. */
const takeAll = async (
  letters: Iterable<string> | AsyncIterable<string>,
  done: string,
  take: (deadLetterId: string) => Promise<unknown>,
): Promise<void> => {
  const failed: string[] = [];
  for await (const deadLetterId of letters)
    try {
      await take(deadLetterId);
      console.log(`${deadLetterId}: ${done}`);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      console.error(`${deadLetterId}: ${error.message}`);
      failed.push(deadLetterId);
    }
  if (failed.length > 0) throw new ProblemError(`${failed.length} could not be done.`);
};

/** Those that there are when it begins: what dies again meanwhile is not tried for ever. */
const idsOf = async (ask: Ask, source: string): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { deadLetterId } of each(ask, source)) ids.push(deadLetterId);
  return ids;
};

const redrive = async (ask: Ask, { values, positionals }: Given): Promise<void> => {
  const { source, all } = values;
  const isAll = all && source !== undefined && positionals.length === 0;
  if (!isAll && (all || positionals.length === 0))
    throw new UsageError('Say which: ID…, or --source QUEUE --all.');
  const ids = isAll ? await idsOf(ask, source) : positionals;
  await takeAll(ids, 'sent again', (id) => ask('POST', `${pathOf(id)}/redrive`));
};

const discard = async (ask: Ask, { positionals }: Given): Promise<void> => {
  if (positionals.length === 0) throw new UsageError('ID is missing.');
  await takeAll(positionals, 'gone', (id) => ask('DELETE', pathOf(id)));
};

const actions: Record<string, (ask: Ask, given: Given) => Promise<void>> = { list, show, redrive, discard };

/** `dead-letters list|show|redrive|discard` */
export const deadLetters = async (ask: Ask, { positionals, ...rest }: Given): Promise<void> => {
  const [name = '', ...others] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new UsageError('Say what: dead-letters list, show, redrive or discard.');
  await action(ask, { ...rest, positionals: others });
};
