import { signal } from '@preact/signals';
import { ParleyClient, type Account } from '../../../client/index.ts';
import { forget, readJson, write } from './kept.ts';
import type * as Oidc from './oidc.ts';
import { isAnswer, loadConfig, type PageConfig, type Provider } from './page-config.ts';
import { problemOf, wordsOf } from './words.ts';

interface Kept {
  token: string;
  expiresAt: string;
}

interface Credentials {
  username: string;
  password: string;
}

/** Where it is kept that somebody is logged in. */
export const sessionKey = 'parley session';

/** Who uses the page. */
export class Session {
  readonly userId = signal<string>();
  readonly name = signal('');
  readonly problem = signal<string>();
  readonly isBusy = signal(false);
  /** How one logs in here; undefined until it is known. */
  readonly config = signal<PageConfig>();
  readonly baseUrl = import.meta.env.VITE_PARLEY_URL ?? location.origin;
  #token: string | undefined;
  readonly #onToken: (token: string) => Promise<string>;
  readonly #onEnd: () => Promise<void>;

  /** @param onToken begins the chat and gives whose it is @param onEnd ends it */
  constructor(onToken: (token: string) => Promise<string>, onEnd: () => Promise<void>) {
    this.#onToken = onToken;
    this.#onEnd = onEnd;
  }

  /** Goes on with the session of an earlier visit. */
  async resume(): Promise<void> {
    if (isAnswer())
      return this.#byProvider(async ({ takeAnswer }, login) => {
        await this.#begin(await takeAnswer(login));
      });
    const kept = readJson(sessionKey) as Kept | undefined;
    if (kept && Date.parse(kept.expiresAt) > Date.now()) await this.#try(() => this.#begin(kept));
    else if (kept) this.problem.value = wordsOf('unauthenticated');
  }

  /** Looks how one logs in. */
  async prepare(): Promise<PageConfig> {
    return (this.config.value ??= await loadConfig());
  }

  /** Goes to the provider's page, and comes back from there to `resume`. */
  logInByProvider(): Promise<void> {
    return this.#byProvider(({ leaveForLogin }, login) => leaveForLogin(login));
  }

  /** What is needed for it is loaded only where it is. */
  async #byProvider(act: (oidc: typeof Oidc, login: Provider) => Promise<void>): Promise<void> {
    this.isBusy.value = true;
    this.problem.value = undefined;
    try {
      const { login } = await this.prepare();
      if (login) await act(await import('./oidc.ts'), login);
    } catch {
      this.problem.value = 'The log-in did not succeed. Try again.';
    } finally {
      this.isBusy.value = false;
    }
  }

  logIn(credentials: Credentials): Promise<void> {
    return this.#try(async () => {
      const { token, expiresAt } = await ParleyClient.login({ baseUrl: this.baseUrl, ...credentials });
      await this.#begin({ token, expiresAt });
    });
  }

  register({ fullName, ...credentials }: Credentials & { fullName: string }): Promise<void> {
    return this.#try(async () => {
      const account = { ...credentials, ...(fullName !== '' && { fullName }) };
      await ParleyClient.register({ baseUrl: this.baseUrl, ...account });
      const { token, expiresAt } = await ParleyClient.login({ baseUrl: this.baseUrl, ...credentials });
      await this.#begin({ token, expiresAt });
    });
  }

  /** @param why it is over though nobody wanted that, to be shown where one logs in */
  async logOut(why?: string): Promise<void> {
    this.#forget(why !== undefined);
    await this.#onEnd();
    this.userId.value = undefined;
    this.name.value = '';
    this.problem.value = why;
  }

  /** Other tabs log out with this one, but each for itself when its token is over: there may be a newer one already. */
  #forget(isOver: boolean): void {
    const token = this.#token;
    this.#token = undefined;
    if (!isOver) forget(sessionKey);
    else if ((readJson(sessionKey) as Kept | undefined)?.token === token)
      write(sessionKey, JSON.stringify({ token: '', expiresAt: new Date(0).toISOString() } satisfies Kept));
  }

  /** Shows what is known of the account. */
  take({ fullName, userId }: Account): void {
    this.name.value = fullName ?? userId;
  }

  async #begin(kept: Kept): Promise<void> {
    const userId = await this.#onToken(kept.token);
    this.#token = kept.token;
    write(sessionKey, JSON.stringify(kept));
    this.userId.value = userId;
    if (this.name.value === '') this.name.value = userId;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    this.isBusy.value = true;
    this.problem.value = undefined;
    try {
      await act();
    } catch (error) {
      this.problem.value = problemOf(error);
    } finally {
      this.isBusy.value = false;
    }
  }
}
