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

/**
 * Opens the page in a browser of its own. @param account who has logged in before @param refusal what the page says if that is
 * not enough
 */
export const visit = async (
  url: string,
  account?: Account,
  options: BrowserContextOptions = {},
  refusal?: string,
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
  await page.goto(url);
  if (account) await enter(page, account);
  if (refusal !== undefined) await page.getByRole('alert').getByText(refusal).waitFor();
  else if (account) await page.getByRole('button', { name: 'Settings' }).waitFor();
  return { page, browser, errors };
};

/** As whoever has logged in at an earlier visit. */
const enter = async (page: Page, { token, expiresAt }: Account): Promise<void> => {
  await page.evaluate(([kept]) => localStorage.setItem('parley session', kept), [
    JSON.stringify({ token, expiresAt }),
  ] as const);
  await page.reload();
};

/** Logs in by name and password. */
export const logIn = async (page: Page, { username }: Account): Promise<void> => {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Settings' }).waitFor();
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
