import { readOfTab } from './kept.ts';

/** The OpenID Connect provider by which people log in, as `config.json` beside the page names it. */
export interface Provider {
  issuer: string;
  clientId: string;
  /** What the button calls it; without it, its host. */
  name?: string;
  /** Without it `openid`. What makes the provider give an access token for this service. */
  scope?: string;
  /** More to be asked of it, such as `audience`. */
  parameters?: Record<string, string>;
}

/** What whoever serves the page says of it, in `config.json` beside it. */
export interface PageConfig {
  /** By whom people log in; without it, by the service's own accounts. */
  login?: Provider;
}

/** Nothing, where there is none. */
export const loadConfig = async (): Promise<PageConfig> => {
  try {
    const answer = await fetch('config.json');
    return answer.ok ? ((await answer.json()) as PageConfig) : {};
  } catch {
    return {};
  }
};

/** Where a log-in by a provider is kept while the browser is there. */
export const pendingKey = 'parley login';

/** Whether this is the answer of a provider. */
export const isAnswer = (): boolean =>
  readOfTab(pendingKey) !== undefined && /[?&](code|error)=/.test(location.search);
