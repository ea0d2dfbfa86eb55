import type { BrowserContextOptions, Page } from 'playwright-core';
import { ParleyClient } from '../../client/index.ts';
import { openBrowser, type OwnBrowser } from './browser.ts';

const password = 'open sesame';

export interface Account {
  username: string;
  token: string;
  expiresAt: string;
}

let count = 0;

/** Opens an account that nobody else has. */
export const anAccount = async (baseUrl: string, fullName: string): Promise<Account> => {
  const username = `${fullName.toLowerCase().replace(/[^a-z].*/, '') || 'user'}-${process.pid}-${++count}`;
  await ParleyClient.register({ baseUrl, username, password, fullName });
  const { token, expiresAt } = await ParleyClient.login({ baseUrl, username, password });
  return { username, token, expiresAt };
};

/** Somebody who looks at the page. */
export interface Visitor {
  page: Page;
  browser: OwnBrowser;
  /** What the page logged as an error, or threw. */
  errors: string[];
}

/** Opens the page in a browser of its own. @param account who has logged in before */
export const visit = async (
  url: string,
  account?: Account,
  options: BrowserContextOptions = {},
): Promise<Visitor> => {
  const browser = await openBrowser({ viewport: { width: 1200, height: 800 }, locale: 'en-GB', ...options });
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // What the network refuses is the business of the test that cuts it off.
    if (message.type() === 'error' && !/net::ERR_|status of/.test(message.text()))
      errors.push(message.text());
  });
  if (account)
    await page.addInitScript(([kept]) => localStorage.setItem('parley session', kept), [
      JSON.stringify({ token: account.token, expiresAt: account.expiresAt }),
    ] as const);
  await page.goto(url);
  if (account) await page.getByRole('button', { name: 'Settings' }).waitFor();
  return { page, browser, errors };
};

export const messageIn = (page: Page, text: string) => page.getByRole('log').getByText(text, { exact: true });

/** Writes a message into the conversation that is open. */
export const say = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel(/^Message to/).fill(text);
  await page.keyboard.press('Enter');
};

/** Opens a conversation by its name in the list. */
export const openChat = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation').getByRole('button', { name }).click();
};
