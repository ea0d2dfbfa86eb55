import { graceSeconds, type Lease } from '../domain/presence.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';
import { firstPages, forEach } from '../domain/chunks.ts';

export interface CheckPresenceParts {
  presence: Pick<Presence, 'expired' | 'renew' | 'doubt' | 'end'>;
  broadcaster: Pick<Broadcaster, 'isConnected'>;
  outbox: Pick<Outbox, 'scheduleLook'>;
  clock: Clock;
}

/** What came of a look, for the log. */
export interface PresenceCheck {
  renewed: number;
  doubted: number;
  ended: number;
  /** Why some could not be looked at; the next run tries again. */
  errors: string[];
}

/** Questions to the service under way at once. */
const concurrency = 32;

/** Pages of one run; the next one goes on. Keeps a run well below a minute. */
const maxPages = 20;

type Fate = 'renewed' | 'doubted' | 'ended';

/** What is to become of a lease; undefined when the service could not be asked. */
const fateOf = async (
  { broadcaster }: CheckPresenceParts,
  lease: Lease,
  errors: string[],
): Promise<Fate | undefined> => {
  if (lease.isEndMark) return 'ended';
  try {
    if (await broadcaster.isConnected(lease.connectionId)) return 'renewed';
    return lease.isMissing ? 'ended' : 'doubted';
  } catch (error) {
    errors.push(String(error));
    return undefined;
  }
};

const fatesOf = async (
  parts: CheckPresenceParts,
  leases: Lease[],
  errors: string[],
): Promise<Record<Fate, Lease[]>> => {
  const fates: Record<Fate, Lease[]> = { renewed: [], doubted: [], ended: [] };
  await forEach(leases, concurrency, async (lease) => {
    const fate = await fateOf(parts, lease, errors);
    if (fate) fates[fate].push(lease);
  });
  return fates;
};

/** Others are told of who is gone by a look that comes after the end, one for each user. */
const lookLater = async ({ outbox }: CheckPresenceParts, ended: readonly Lease[]): Promise<void> => {
  const users = [...new Map(ended.map((lease) => [lease.userId, lease])).values()];
  await forEach(users, concurrency, ({ userId, connectionId }) =>
    outbox.scheduleLook({ userId, connectionId, occasion: 'went' }, 2 * graceSeconds),
  );
};

/**
 * Looks after connections whose lease has run out: those that the service still has get another, those that it twice did
 * not know are forgotten, with what else has had its time. So a `disconnected` that was lost, or could not be trusted any
 * more, leaves nobody online for ever. May run on several instances at once; what fails is tried again by the next run.
 */
export const checkPresence = (parts: CheckPresenceParts) => async (): Promise<PresenceCheck> => {
  const { presence, clock } = parts;
  const check: PresenceCheck = { renewed: 0, doubted: 0, ended: 0, errors: [] };
  const now = clock.now();
  const apply = async (fate: Fate, leases: Lease[], run: () => Promise<void>): Promise<void> => {
    if (leases.length === 0) return;
    try {
      await run();
      check[fate] += leases.length;
    } catch (error) {
      check.errors.push(String(error));
    }
  };
  for await (const page of firstPages(presence.expired(now), maxPages)) {
    const { renewed, doubted, ended } = await fatesOf(parts, page, check.errors);
    await apply('renewed', renewed, () => presence.renew(renewed, now));
    await apply('doubted', doubted, () => presence.doubt(doubted, now));
    await apply('ended', ended, async () => {
      await lookLater(parts, ended); // first: a lease that is gone would bring nobody back here
      await presence.end(ended, now);
    });
  }
  return check;
};
