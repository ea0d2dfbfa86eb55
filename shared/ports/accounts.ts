/** What is kept of a built-in account. */
export interface Account {
  userId: string;
  /** Algorithm, parameters, salt and hash in one string; opaque to all but the PasswordHasher. */
  passwordHash: string;
  email: string | null;
  fullName: string | null;
  avatarUrl: string | null;
  createdAt: string;
}

export interface Accounts {
  /**
   * Adds an account with all that it claims (its name, its e-mail address), or nothing.
   * @throws ChatError `username-taken` or `email-taken`.
   */
  add(account: Account): Promise<void>;
  find(userId: string): Promise<Account | undefined>;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes as long for no stored hash (`undefined`) as for a wrong password, so that time tells nobody who exists. */
  verify(password: string, storedHash: string | undefined): Promise<boolean>;
}

export interface TokenIssuer {
  issue(userId: string): Promise<{ token: string; expiresAt: Date }>;
}
