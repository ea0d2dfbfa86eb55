import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { violationsOn } from './axe.ts';
import { usePageStack } from './page-stack.ts';
import { messageIn, openChat, say } from './visitor.ts';

const site = usePageStack();

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document;
    return at?.getAttribute('aria-label') ?? at?.className ?? '';
  });

const isFocused = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

const tabTo = async (page: Page, selector: string, key = 'Tab'): Promise<void> => {
  for (let presses = 0; presses < 60; presses++) {
    if (await isFocused(page, selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}.`);
};

describe('by keys alone', () => {
  it('a reaction is chosen and a message deleted without losing one’s place', async () => {
    const { ann } = await site.aPair();
    const page = await site.open(ann);
    await openChat(page, 'Bob Baker');
    await say(page, 'Hello');
    await page
      .getByRole('log')
      .getByText(/^(Sent|Delivered)$/)
      .waitFor();
    await tabTo(page, '.bubble', 'Shift+Tab');
    await tabTo(page, '[aria-label="React"]');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('React with 👍');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('React');
    await page.getByRole('button', { name: '❤️ 1' }).waitFor();
    await tabTo(page, '[aria-label="Delete"]');
    await page.keyboard.press('Enter');
    await page.getByText('This message was deleted.').waitFor();
    expect(await focused(page)).toBe('bubble');
  });

  it('a message keeps the focus while one looks at others', async () => {
    const { ann, conversationId } = await site.aPair();
    await site.asUser(ann, async (chat) => {
      await chat.conversation(conversationId).send('The beginning');
      for (let number = 1; number <= 80; number++)
        await chat.conversation(conversationId).send(`Line ${number}\n`.repeat(6));
    });
    const page = await site.open(ann);
    await openChat(page, 'Bob Baker');
    const log = page.getByRole('log');
    await log.getByText('Line 80').waitFor();
    expect(await log.getAttribute('aria-live')).toBe('polite');
    await page.getByLabel(/^Message to/).focus();
    await tabTo(page, '.bubble', 'Shift+Tab');
    await log.evaluate((element) => (element.scrollTop = 0));
    await log.getByText('This is where it begins.').waitFor();
    await log.evaluate((element) => (element.scrollTop = 0));
    await messageIn(page, 'The beginning').waitFor();
    await expect.poll(() => page.locator('.log-piece:not(:has(.message))').count()).toBeGreaterThan(0);
    expect(await focused(page)).toBe('bubble');
    expect(await log.getAttribute('aria-live')).toBe('off');
  });

  it('on a phone the conversation that was chosen has the focus', async () => {
    const { ann } = await site.aPair();
    const page = await site.open(ann, { viewport: { width: 390, height: 844 } });
    await tabTo(page, '.entry');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Bob Baker' }).waitFor();
    await expect.poll(() => isFocused(page, 'h1')).toBe(true);
  });
});

describe('one’s own messages', () => {
  it('can be read, and show the focus, whatever they carry', async () => {
    const { ann, conversationId } = await site.aPair();
    await site.asUser(ann, async (chat) => {
      const conversation = chat.conversation(conversationId);
      const { messageId } = await conversation.send('The needle');
      await conversation.send({ attachmentUrl: 'https://example.com/plan' });
      await conversation.forward(messageId, [conversationId]);
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await site.open(ann, { colorScheme });
      await openChat(page, 'Bob Baker');
      await page.getByText('Forwarded').waitFor();
      await page.getByRole('link', { name: 'https://example.com/plan' }).waitFor();
      expect(await violationsOn(page)).toEqual([]);
      const link = page.getByRole('link', { name: 'https://example.com/plan' });
      await link.focus();
      const [ring, ground] = await link.evaluate((element) => [
        getComputedStyle(element).outlineColor,
        getComputedStyle(element.closest('.bubble') ?? element).backgroundColor,
      ]);
      expect(ring).toBe('rgb(255, 255, 255)');
      expect(ground).not.toBe(ring);
    }
  });
});
