/**
 * `npm run screenshots`: pictures of the chat page for the documentation, in docs/screenshots: on a desktop and on a phone, light and
 * dark. Exit code 1 if one cannot be taken.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { pageMount, pageOrigins } from '../../local/stack/page.ts';
import { allowPages } from '../../local/stack/storage-cors.ts';
import { startTestStack } from '../support/test-stack.ts';
import { playScene } from './scene.ts';
import { messageIn, openChat, visit, type Account } from './visitor.ts';

const folder = 'docs/screenshots';

const desktop: BrowserContextOptions = { viewport: { width: 1100, height: 720 } };
const phone: BrowserContextOptions = {
  ...{ viewport: { width: 390, height: 760 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true },
};

const openTeam = async (page: Page): Promise<void> => {
  await openChat(page, 'Release team');
  await messageIn(page, 'All green. Ship it.').waitFor();
  await page.getByRole('img', { name: 'dashboard.png' }).waitFor();
  await page.mouse.move(0, 0);
  await page.getByLabel(/^Message to/).focus();
  await page.getByLabel(/^Message to/).evaluate((area) => area.blur());
};

const openAbout = async (page: Page): Promise<void> => {
  await openTeam(page);
  await page.getByRole('button', { name: 'About this conversation' }).click();
  await page.getByRole('dialog').waitFor();
};

const seeList = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Book club' }).waitFor();
};

const asItIs = (): Promise<void> => Promise.resolve();

interface Picture {
  name: string;
  device: BrowserContextOptions;
  schemes: readonly ('light' | 'dark')[];
  show: (page: Page) => Promise<void>;
  isLoggedIn: boolean;
}

const pictures: Picture[] = [
  { name: 'desktop', device: desktop, schemes: ['light', 'dark'], show: openTeam, isLoggedIn: true },
  { name: 'phone', device: phone, schemes: ['light', 'dark'], show: openTeam, isLoggedIn: true },
  { name: 'phone-list', device: phone, schemes: ['light'], show: seeList, isLoggedIn: true },
  { name: 'members', device: desktop, schemes: ['dark'], show: openAbout, isLoggedIn: true },
  { name: 'log-in', device: desktop, schemes: ['light'], show: asItIs, isLoggedIn: false },
];

const dataDir = mkdtempSync(join(tmpdir(), 'parley-screenshots-'));
const stack = await startTestStack({ dataDir, ...pageMount('dist/web') });
const url = stack.urls.functions;

const take = async (
  account: Account,
  { name, device, schemes, show, isLoggedIn }: Picture,
): Promise<void> => {
  for (const colorScheme of schemes) {
    const { page, browser } = await visit(url, isLoggedIn ? account : undefined, { ...device, colorScheme });
    await show(page);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
    await browser.close();
  }
};

try {
  mkdirSync(folder, { recursive: true });
  await allowPages(stack.urls.blob, pageOrigins(url));
  const scene = await playScene(url);
  for (const picture of pictures) await take(scene.ann, picture);
  await scene.end();
} finally {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
