import { ChatError } from '../domain/errors.ts';

/** What is kept of a built-in account. */
export interface Account {
  /** The user name as it was typed at registration. */
  userId: string;
  /** Algorithm, parameters, salt and hash in one string; opaque to all but the PasswordHasher. */
  passwordHash: string;
  email: string | null;
  fullName: string | null;
  avatarUrl: string | null;
  /** ISO 8601, UTC, milliseconds. */
  createdAt: string;
  /** How often the password was changed; tokens name it. */
  generation: number;
}

/** What of an account may change; what is left out stays. */
export type AccountUpdate = Partial<Pick<Account, 'email' | 'fullName' | 'avatarUrl'>>;

export interface Accounts {
  /**
   * Adds an account with all that it claims (its name, its e-mail address), or nothing. Names and addresses that differ
   * in case only are the same. Of several at once that claim the same, exactly one is added; one that died halfway
   * blocks nobody.
   * @throws ChatError `username-taken`, `email-taken`, `unavailable` (nothing was added, or adding it again says taken)
   */
  add(account: Account): Promise<void>;
  /**
   * Changes an account, as a whole or not at all. A new e-mail address is claimed first, the old one set free last.
   * @returns the account before and after; undefined when there is none with this user id
   * @throws ChatError `email-taken`, `unavailable`
   */
  update(userId: string, update: AccountUpdate): Promise<{ before: Account; after: Account } | undefined>;
  /**
   * Replaces the hash of the password, provided that it is still the one that was checked; repeating it is harmless.
   * @param generation of tokens from then on
   * @returns the account after; undefined when there is none with this user id and hash
   * @throws ChatError `unavailable`
   */
  replaceHash(
    userId: string,
    hash: { from: string; to: string },
    generation: number,
  ): Promise<Account | undefined>;
  /**
   * Ends an account for good: from its first write on nobody logs in and nobody finds it. Its e-mail address is free then,
   * its name is never given again. Repeating it goes on where it stopped.
   * @param forget what else is to go with the account, as long as it is known
   * @throws ChatError `unavailable`
   */
  erase(userId: string, forget: (account: Account) => Promise<void>): Promise<void>;
  /** The account whose user id this is, to the letter. @throws ChatError `unavailable` */
  find(userId: string): Promise<Account | undefined>;
  /** The account of a user name in any case. @throws ChatError `unavailable` */
  findByUsername(username: string): Promise<Account | undefined>;
}

export interface PasswordHasher {
  /** @throws ChatError `unavailable` when too many are waiting */
  hash(password: string): Promise<string>;
  /**
   * Takes as long for no stored hash (`undefined`) as for a wrong password, so that time tells nobody who exists.
   * @throws ChatError `unavailable` when too many are waiting
   */
  verify(password: string, storedHash: string | undefined): Promise<boolean>;
  /** Whether a stored hash was made at another cost than hashes of today are. */
  isOutdated(storedHash: string): boolean;
}

export interface TokenIssuer {
  /** @param generation of the account, as it was when its password was checked */
  issue(userId: string, generation: number): Promise<{ token: string; expiresAt: Date }>;
}

export const usernameTaken = (): ChatError => new ChatError('username-taken', 'This user name is taken.');

export const emailTaken = (): ChatError =>
  new ChatError('email-taken', 'This e-mail address belongs to another account.');

/** To somebody of whom an identity provider knows, and we do not. */
export const noAccount = (): ChatError => new ChatError('not-found', 'You have no account here.');
