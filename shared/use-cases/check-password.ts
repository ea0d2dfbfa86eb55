import type { CredentialsRequest } from '../contract/accounts.ts';
import { foldUsername } from '../domain/account.ts';
import { ChatError } from '../domain/errors.ts';
import type { Account, Accounts, PasswordHasher } from '../ports/accounts.ts';
import type { Audit } from '../ports/audit.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { slowGuessing, type Gate, type SlowGuessingParts } from './slow-guessing.ts';

export interface CheckPasswordParts extends SlowGuessingParts {
  accounts: Pick<Accounts, 'findByUsername'>;
  hasher: Pick<PasswordHasher, 'verify'>;
  rateLimiter: RateLimiter;
  audit: Pick<Audit, 'record'>;
  /** Wrong passwords from one address before there is waiting. */
  freeTries: number;
}

/** Who tries: anybody, from an address; or somebody with a good token of the account, whom no stranger may keep waiting. */
export type Tryer = { address: string } | { address: string; isOwner: true };

/** Of refusals within this time, one is recorded for each account, and one for all names that nobody has. */
const refusalsMs = 600_000;

/** Tries of whoever has a good token are counted and limited apart. */
const accountKey = (name: string, tryer: Tryer): string =>
  JSON.stringify('isOwner' in tryer ? [name, 'owner'] : [name]);

/**
 * From one address waiting grows to a quarter of an hour. All addresses together are slowed down as well, later and less:
 * else many of them could guess at their leisure; and one alone could lock the owner out, who is somewhere else.
 */
const gatesOf = (name: string, tryer: Tryer, free: number): Gate[] => {
  const backOff = { free, firstSeconds: 2, mostSeconds: 900 };
  const key = accountKey(name, tryer);
  if ('isOwner' in tryer) return [{ key, backOff }];
  return [
    { key: JSON.stringify([name, 'address', tryer.address]), backOff },
    { key, backOff: { ...backOff, free: 4 * free, mostSeconds: 60 } },
  ];
};

/** Nobody can fill the audit by guessing: what is recorded is bounded by accounts and time, not by tries. */
const recordRefusal = (
  { audit, clock }: Pick<CheckPasswordParts, 'audit' | 'clock'>,
  account: Account | undefined,
): Promise<void> => {
  const at = new Date(Math.floor(clock.now().getTime() / refusalsMs) * refusalsMs).toISOString();
  const about = { ...(account && { userId: account.userId }), code: 'invalid-credentials' };
  const key = account ? `user|${account.userId}` : 'nobody';
  return audit.record({ action: 'login.refused', at, actorId: null, ...about }, key);
};

/**
 * The account of a user name (in any case) and its password. An unknown name and a wrong password are told apart neither
 * by what is answered, nor by how long it takes, nor by how long one then has to wait.
 * @param tryer attempts are limited by address, and on one account from wherever they come
 * @throws ChatError `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const checkPassword = (parts: CheckPasswordParts) => {
  const { accounts, hasher, rateLimiter, freeTries } = parts;
  const slowly = slowGuessing(parts);
  return async ({ username, password }: CredentialsRequest, tryer: Tryer): Promise<Account> => {
    const name = foldUsername(username);
    await rateLimiter.take('login', tryer.address);
    const found = await slowly(gatesOf(name, tryer, freeTries), async () => {
      // Only now: what has to wait takes no try from others, or a stranger could leave them none.
      await rateLimiter.take('login-account', accountKey(name, tryer));
      const account = await accounts.findByUsername(username);
      if ((await hasher.verify(password, account?.passwordHash)) && account) return account;
      await recordRefusal(parts, account);
      return undefined;
    });
    if (!found) throw new ChatError('invalid-credentials', 'The user name or the password is wrong.');
    return found;
  };
};
