import type { Config } from '../../shared/config.ts';
import { blockUser, listBlocks } from '../../shared/use-cases/block-user.ts';
import { changePassword } from '../../shared/use-cases/change-password.ts';
import { findUsers, getUser } from '../../shared/use-cases/find-users.ts';
import { getOwnAccount } from '../../shared/use-cases/get-own-account.ts';
import { getUserPresence } from '../../shared/use-cases/get-presence.ts';
import { logIn } from '../../shared/use-cases/log-in.ts';
import { logOut } from '../../shared/use-cases/log-out.ts';
import { registerUser } from '../../shared/use-cases/register-user.ts';
import { updateAccount } from '../../shared/use-cases/update-account.ts';
import type { Adapters } from './adapters.ts';

/** What users do of their accounts, and of each other. Some are undefined without built-in accounts: their functions then say so. */
export const userServices = (adapters: Adapters, { rates }: Config) => {
  const { issuer, accounts, names, hasher, revocations, moderator, rateLimiter, failedTries } = adapters;
  const { log, presence, blocks, directory, broadcaster, audit, clock, newId } = adapters;
  const freeTries = rates.loginTries;
  const guarded = { accounts, hasher, rateLimiter, failedTries, freeTries, audit, clock, newId };
  return {
    registerUser: issuer && registerUser({ accounts, names, hasher, rateLimiter, moderator, clock }),
    logIn: issuer && logIn({ ...guarded, issuer }),
    logOut: logOut({ revocations, broadcaster, audit, clock }),
    changePassword: issuer && changePassword({ ...guarded, issuer, revocations, broadcaster }),
    updateAccount: issuer && updateAccount({ accounts, names, moderator }),
    getUser: issuer && getUser({ accounts }),
    findUsers: issuer && findUsers({ accounts, names, rateLimiter }),
    getOwnAccount: getOwnAccount({ accounts: issuer && accounts }),
    getUserPresence: getUserPresence({ log, presence, blocks }),
    blockUser: blockUser({ blocks, directory, clock }),
    listBlocks: listBlocks({ blocks }),
  };
};
