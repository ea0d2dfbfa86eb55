import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ParleyClient } from '../../client/index.ts';
import type { Stack } from '../../local/stack.ts';
import { pageMount } from '../../local/stack/page.ts';
import { startTestStack } from '../support/test-stack.ts';
import { anAccount, messageIn, openChat, visit } from './visitor.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'parley-budget-'));
let stack: Stack;

beforeAll(async () => {
  stack = await startTestStack({ dataDir, ...pageMount('dist/web') });
});

afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('the page has at most 80 kB, packed as it is sent', () => {
  const files = readdirSync('dist/web', { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(80_000);
});

it('the first message is on the screen soon after the page was asked for', async () => {
  const url = stack.urls.functions;
  const [ann, bob] = await Promise.all([anAccount(url, 'Ann Archer'), anAccount(url, 'Bob Baker')]);
  const chat = await ParleyClient.connect({ baseUrl: url, token: ann.token });
  await chat.send({ to: bob.username, text: 'Good morning' });
  await chat.close();
  const { page, browser } = await visit(url, bob);
  await openChat(page, 'Ann Archer');
  await messageIn(page, 'Good morning').waitFor();
  const times: number[] = [];
  for (let visits = 0; visits < 5; visits++) {
    await page.reload({ waitUntil: 'commit' });
    await messageIn(page, 'Good morning').waitFor();
    times.push(await page.evaluate(() => performance.now()));
  }
  await browser.close();
  // The best of five: on a machine that has much else to do the others say nothing of the page.
  expect(Math.min(...times)).toBeLessThan(1000);
});
