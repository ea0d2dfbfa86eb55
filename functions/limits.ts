import type { Config } from '../shared/config.ts';
import type { Rate } from '../shared/domain/token-bucket.ts';
import type { RateLimitKind } from '../shared/ports/rate-limiter.ts';

const perMinute = (count: number): Rate => ({ perSecond: count / 60, burst: count });

/**
 * A limit of which each instance lets a part through without asking the others: a tenth of a burst at once, and a
 * twentieth of the rate for good, which is what people do who type.
 */
const leased = ({ perSecond, burst }: Rate): Rate & { alone: Rate } => ({
  perSecond,
  burst,
  alone: { perSecond: perSecond / 20, burst: Math.max(1, Math.floor(burst / 10)) },
});

/**
 * What each may do. Those without a part `alone` guard accounts, or begin what is dear: each of them is counted for all
 * instances, and refused when it cannot be.
 */
export const limitsOf = ({ rates, maxConnectionsPerUser }: Config) =>
  ({
    send: leased({ perSecond: rates.sendPerSecond, burst: rates.sendBurst }),
    create: leased(perMinute(rates.createPerMinute)),
    // As often as an app tells it that shows three conversations at once.
    typing: { perSecond: 2, burst: 10, alone: { perSecond: 1, burst: 3 } },
    connect: leased(perMinute(6 * maxConnectionsPerUser)),
    negotiate: leased(perMinute(6 * maxConnectionsPerUser)),
    search: leased(perMinute(rates.searchPerMinute)),
    'find-users': leased({ perSecond: 2, burst: 20 }),
    login: perMinute(rates.loginPerMinute),
    'login-account': perMinute(rates.loginPerMinuteAndAccount),
    register: perMinute(rates.registerPerMinute),
    export: perMinute(10),
  }) satisfies Record<RateLimitKind, Rate & { alone?: Rate }>;
