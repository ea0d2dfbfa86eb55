/**
 * Part of `npm run screenshots`: pictures of the developer's console, in docs/screenshots, after two people have talked.
 * Give it another folder to see every view, light and dark.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startTestStack } from '../support/test-stack.ts';
import { openBrowser } from './browser.ts';
import { playScene } from './scene.ts';

const [, , folder = 'docs/screenshots'] = process.argv;
const isAll = process.argv.length > 2;

const goTo = async (page: Page, view: string): Promise<void> => {
  await page.getByRole('navigation').getByRole('link', { name: view }).click();
  await page.locator('nav a[aria-current]', { hasText: view }).waitFor(); // once it is shown
};

/** The last message that somebody sent. */
const followMessage = async (page: Page): Promise<void> => {
  await goTo(page, 'Functions');
  const sent = page.getByRole('row', { name: /POST \/api\/sendMessage/ }).first();
  await sent.getByRole('link', { name: /…/ }).click();
  await page.getByRole('table', { name: 'Way' }).getByText('deliver').first().waitFor();
};

const views: Record<string, (page: Page) => Promise<void>> = {
  'console-functions': (page) => goTo(page, 'Functions'),
  'console-queues': (page) => goTo(page, 'Queues'),
  'console-connections': (page) => goTo(page, 'Connections'),
  'console-storage': (page) => goTo(page, 'Storage'),
  'console-way': followMessage,
};

const dataDir = mkdtempSync(join(tmpdir(), 'parley-screenshots-'));
const stack = await startTestStack({ dataDir, console: true });
try {
  mkdirSync(folder, { recursive: true });
  const scene = await playScene(stack.urls.functions);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { context, close } = await openBrowser({
      viewport: { width: 1180, height: isAll ? 760 : 430 },
      colorScheme,
    });
    const page = await context.newPage();
    await page.goto(`${stack.urls.functions}/dev`);
    for (const [name, show] of Object.entries(views)) {
      if (!isAll && name !== 'console-way') continue;
      await show(page);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
    }
    await close();
  }
  await scene.end();
} finally {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
