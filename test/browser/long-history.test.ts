import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Writer } from '../../bench/parley/writer.ts';
import type { Stack } from '../../local/stack.ts';
import { pageMount } from '../../local/stack/page.ts';
import { openTables } from '../../shared/adapters/tables/tables.ts';
import { openTable } from '../support/azurite.ts';
import { startTestStack } from '../support/test-stack.ts';
import { anAccount, messageIn, openChat, visit, type Account } from './visitor.ts';

const messages = 10_000;
const dataDir = mkdtempSync(join(tmpdir(), 'parley-history-'));

let stack: Stack;
let bob: Account;

beforeAll(async () => {
  stack = await startTestStack({ dataDir, storageInMemory: true, ...pageMount('dist/web') });
  const url = stack.urls.functions;
  const ann = await anAccount(url, 'Ann Archer');
  bob = await anAccount(url, 'Bob Baker');
  const writer = new Writer(openTables(openTable({ tables: stack.settings.StorageConnection ?? '' })));
  for (let number = 1; number <= messages; number++)
    await writer.write(ann.username, bob.username, `Message number ${number}`, `m${number}`);
}, 300_000);

afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('scrolls up through ten thousand messages, and keeps few of them on the page', async () => {
  const { page, browser, errors } = await visit(stack.urls.functions, bob);
  await openChat(page, 'Ann Archer');
  await messageIn(page, `Message number ${messages}`).waitFor();
  const log = page.getByRole('log');
  const toTop = () => log.evaluate((element) => (element.scrollTop = 0));
  const known = () => page.locator('.log-piece').count();
  while ((await page.getByText('This is where it begins.').count()) === 0) {
    const before = await known();
    await toTop();
    await expect
      .poll(
        async () =>
          (await known()) > before || (await page.getByText('This is where it begins.').count()) > 0,
        { timeout: 20_000 },
      )
      .toBe(true);
  }
  await toTop();
  await messageIn(page, 'Message number 1').waitFor();
  expect(await log.locator('.message').count()).toBeLessThan(600);
  await page.getByRole('button', { name: 'Newest' }).click();
  await messageIn(page, `Message number ${messages}`).waitFor();
  expect(errors).toEqual([]);
  await browser.close();
}, 300_000);
