import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { violationsOn } from './axe.ts';
import { usePageStack } from './page-stack.ts';
import { anAccount, messageIn, openChat, say, type Account } from './visitor.ts';

const site = usePageStack();
const { open, aPair, asUser } = site;

/** What a notebook does when its lid is closed: the page stands still, and its connections are gone. */
const closeLid = async (page: Page): Promise<() => Promise<void>> => {
  const debug = await page.context().newCDPSession(page);
  await page.context().setOffline(true);
  await debug.send('Page.setWebLifecycleState', { state: 'frozen' });
  return async () => {
    await debug.send('Page.setWebLifecycleState', { state: 'active' });
    await page.context().setOffline(false);
  };
};

const aGroup = async (): Promise<{ ann: Account; bob: Account }> => {
  const [ann, bob] = await Promise.all([anAccount(site.url, 'Ann Archer'), anAccount(site.url, 'Bob Baker')]);
  await asUser(ann, (chat) => chat.createGroup({ memberIds: [bob.username], title: 'Release team' }));
  return { ann, bob };
};

describe('somebody who', () => {
  it('closes the lid and comes back sees all that was said meanwhile, once and in order', async () => {
    const { ann, bob, conversationId } = await aPair();
    const page = await open(bob);
    await openChat(page, 'Ann Archer');
    await asUser(ann, (chat) => chat.conversation(conversationId).send('Before'));
    await messageIn(page, 'Before').waitFor();
    const openLid = await closeLid(page);
    const texts = Array.from({ length: 12 }, (_, index) => `Meanwhile ${index + 1}`);
    await asUser(ann, async (chat) => {
      for (const text of texts) await chat.conversation(conversationId).send(text);
    });
    await openLid();
    await messageIn(page, 'Meanwhile 12').waitFor();
    const log = await page.getByRole('log').innerText();
    expect(log.match(/Meanwhile \d+/g)).toEqual(texts);
  });

  it('has not read something sees how much in the list and in the title, until it is opened', async () => {
    const { ann, bob, conversationId } = await aPair();
    const page = await open(bob);
    await asUser(ann, async (chat) => {
      for (const text of ['One', 'Two']) await chat.conversation(conversationId).send(text);
    });
    await page.getByRole('button', { name: /Two 2 unread/ }).waitFor();
    await expect.poll(() => page.title()).toBe('(2) Parley');
    await page.getByRole('button', { name: 'Unread', exact: true }).click();
    await openChat(page, 'Ann Archer');
    await page.getByRole('log').getByText('New messages').waitFor();
    await expect.poll(() => page.title()).toBe('Parley');
  });

  it('writes much at the end of a conversation still sees what was said last', async () => {
    const { ann, conversationId } = await aPair();
    await asUser(ann, async (chat) => {
      for (let number = 1; number <= 30; number++)
        await chat.conversation(conversationId).send(`Line ${number}`);
    });
    const page = await open(ann);
    await openChat(page, 'Bob Baker');
    await messageIn(page, 'Line 30').waitFor();
    await page.getByLabel(/^Message to/).fill('much\n'.repeat(8));
    const isSeen = (): Promise<boolean> =>
      messageIn(page, 'Line 30').evaluate((text) => {
        const log = text.closest('[role=log]')?.getBoundingClientRect();
        return log !== undefined && text.getBoundingClientRect().bottom <= log.bottom;
      });
    await expect.poll(isSeen).toBe(true);
  });

  it('comes is seen as online', async () => {
    const { ann, bob } = await aPair();
    const page = await open(ann);
    await openChat(page, 'Bob Baker');
    await page.getByRole('region', { name: 'Conversation' }).getByText('Offline').waitFor();
    await open(bob);
    await page.getByRole('region', { name: 'Conversation' }).getByText('Online').waitFor();
  });

  it('looks for words is led to the message', async () => {
    const { ann, conversationId } = await aPair();
    await asUser(ann, async (chat) => {
      for (let number = 1; number <= 90; number++)
        await chat.conversation(conversationId).send(number === 3 ? 'The needle' : `Hay ${number}`);
    });
    const page = await open(ann);
    const found = page.getByRole('region', { name: 'Messages found' });
    await expect
      .poll(async () => {
        await page.getByLabel(/^Search/).fill('');
        await page.getByLabel(/^Search/).fill('needle');
        await found.waitFor();
        return found.getByRole('button').count();
      })
      .toBe(1);
    await found.getByRole('button').click();
    await messageIn(page, 'The needle').waitFor();
    expect(await messageIn(page, 'The needle').evaluate((text) => text.closest('.is-found') !== null)).toBe(
      true,
    );
  });

  it('owns a group gives others a role, and takes them out', async () => {
    const { ann, bob } = await aGroup();
    const [anns, bobs] = await Promise.all([open(ann), open(bob)]);
    await Promise.all([openChat(anns, 'Release team'), openChat(bobs, 'Release team')]);
    await anns.getByRole('button', { name: 'About this conversation' }).click();
    await anns.getByLabel('Role of Bob Baker').selectOption('Admin');
    await bobs.getByRole('log').getByText('Ann Archer made Bob Baker an admin').waitFor();
    await anns.getByRole('button', { name: 'Remove Bob Baker' }).click();
    await anns.getByRole('dialog').getByText('1 member').waitFor();
    await bobs.getByText('Nothing open yet').waitFor();
    expect(await bobs.getByRole('navigation').getByText('Release team').count()).toBe(0);
  });

  it('wants to be told is told of messages while the page is in the background', async () => {
    const { ann, bob } = await aPair();
    const page = await open(bob, { permissions: ['notifications'] });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel(/^Tell me of new messages/).check();
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      const told: string[] = [];
      class Recorded extends EventTarget {
        constructor(title: string, { body = '' }: NotificationOptions = {}) {
          super();
          told.push(`${title}: ${body}`);
        }
      }
      Object.assign(window, { told, Notification: Recorded });
      Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    });
    await asUser(ann, (chat) => chat.send({ to: bob.username, text: 'Are you there?' }));
    await expect
      .poll(() => page.evaluate(() => (window as unknown as { told: string[] }).told))
      .toEqual(['Ann Archer: Ann Archer: Are you there?']);
  });
});

describe('right-to-left text', () => {
  it('runs its way beside the other, and nothing stands in the way on a phone either', async () => {
    const { ann } = await aPair();
    const viewport = { width: 390, height: 844 };
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(ann, { viewport, hasTouch: true, isMobile: true, colorScheme });
      expect(await violationsOn(page)).toEqual([]);
      await openChat(page, 'Bob Baker');
      await say(page, 'שלום, מה שלומך?');
      await say(page, 'Left to right');
      const directionOf = (text: string): Promise<string> =>
        messageIn(page, text)
          .last()
          .evaluate((each) => getComputedStyle(each).direction);
      await messageIn(page, 'Left to right').last().waitFor();
      expect(await directionOf('שלום, מה שלומך?')).toBe('rtl');
      expect(await directionOf('Left to right')).toBe('ltr');
      expect(await violationsOn(page)).toEqual([]);
      await page.getByRole('button', { name: 'About this conversation' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await violationsOn(page)).toEqual([]);
    }
  });
});
