import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { type ConsoleStack, deadLetterOne, startConsoleStack } from '../local/console-support.ts';
import { aClient } from '../local/web-pubsub/support.ts';
import { openBrowser } from './browser.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Visit extends ConsoleStack {
  page: Page;
  /** What the page or the browser complained of. */
  complaints: string[];
}

const visit = async (colorScheme: 'light' | 'dark' = 'light'): Promise<Visit> => {
  const stack = await startConsoleStack();
  onTestFinished(() => stack.stop(), 30_000);
  // axe is put into the page, which its own policy rightly forbids.
  const { context, close } = await openBrowser({ colorScheme, bypassCSP: true });
  onTestFinished(close, 30_000);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
  await page.goto(`${stack.stack.urls.functions}/dev`);
  return { ...stack, page, complaints };
};

const problems = async (page: Page): Promise<string[]> => {
  await page.addScriptTag({ path: axe });
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
};

it('a developer follows a message live, pauses its trigger with the keyboard and resubmits what is dead', async () => {
  const { page, send, bus, hub, complaints } = await visit();
  const ann = await aClient(hub, { userId: 'ann' });
  await page.getByRole('link', { name: 'take', exact: true }).first().waitFor();
  const traceId = await send('shown');
  await ann.messages.next();

  const latest = page.getByRole('table', { name: 'Latest invocations' });
  await latest.getByRole('link', { name: 'take' }).waitFor(); // without a reload
  await latest.getByRole('row', { name: /take/ }).getByRole('link', { name: /…/ }).click();
  const way = page.getByRole('table', { name: 'Way' });
  for (const station of ['POST /api/send', 'jobs', 'take', 'POST :send'])
    await way.getByText(station, { exact: true }).waitFor();
  expect(page.url()).toContain(traceId);
  await way.getByRole('link', { name: 'take' }).click();
  await page.getByText('took shown').waitFor();

  await page.getByRole('navigation').getByRole('link', { name: 'Functions' }).click();
  await page.getByRole('button', { name: 'Pause take' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Resume take' }).waitFor();
  await send('<b>late');
  await deadLetterOne(bus, { reason: 'Tried', description: 'By hand' });
  await page.getByRole('link', { name: 'Queues' }).click();
  await page.getByRole('row', { name: /jobs/ }).getByRole('link', { name: '1' }).click();
  await page.getByRole('link', { name: 'Content' }).click();
  await page.getByText('"<b>late"').waitFor(); // as text
  await page.goBack();
  await page.getByRole('button', { name: 'Resubmit' }).click();
  await page.getByText('Nothing here.').waitFor();
  await page.getByRole('link', { name: 'Functions' }).click();
  await page.getByRole('button', { name: 'Resume take' }).click();
  expect(await ann.messages.next()).toEqual({ name: '<b>late' });
  expect(complaints).toEqual([]);
});

it('a developer drops a connection and lets storage fail', async () => {
  const { page, hub, ask, complaints } = await visit();
  const { connectionId, disconnected } = await aClient(hub, { userId: 'bo' }, { autoReconnect: false });
  await page.getByRole('link', { name: 'Connections' }).click();
  await page.getByRole('button', { name: 'Drop bo' }).click();
  await page.getByText('Drop: done').waitFor();
  await page.getByText(connectionId).waitFor();
  await page.getByRole('button', { name: 'Close bo' }).click();
  expect(await disconnected.next()).toBe('Closed by the developer.');

  await page.getByRole('link', { name: 'Storage' }).click();
  await page.getByLabel('How many').fill('3');
  await page.getByLabel('Of').selectOption('blob');
  await page.getByRole('button', { name: 'Fail the next' }).click();
  await page.getByText('The next 3 (blob) will fail: 503.').waitFor();
  expect(await ask('faults')).toMatchObject({ fault: { service: 'blob', status: 503, count: 3 } });
  await page.getByRole('button', { name: 'None any more' }).click();
  await page.getByText('No request will fail.').waitFor();
  expect(complaints).toEqual([]);
});

it.each(['light', 'dark'] as const)('every view is accessible in %s', async (colorScheme) => {
  const { page, send, hub, complaints } = await visit(colorScheme);
  const ann = await aClient(hub, { userId: 'ann' });
  await send('seen');
  await ann.messages.next();
  for (const view of ['Functions', 'Queues', 'Connections', 'Way of a message', 'Storage']) {
    await page.getByRole('navigation').getByRole('link', { name: view }).click();
    await page.locator('main section, main form').first().waitFor();
    expect(await problems(page)).toEqual([]);
  }
  expect(complaints).toEqual([]);
});
