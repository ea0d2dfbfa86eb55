import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { usePageStack } from './page-stack.ts';
import { anAccount, messageIn, openChat, say } from './visitor.ts';

const site = usePageStack();
const { open, aPair, asUser } = site;

/** Somebody in two conversations; what was said in the first is longer than a screen. */
const aTriangle = async () => {
  const { ann, bob, conversationId } = await aPair();
  const cleo = await anAccount(site.url, 'Cleo Carter');
  const other = await asUser(ann, async (chat) => {
    for (let number = 1; number <= 8; number++)
      await chat.conversation(conversationId).send(`For Bob ${number}`);
    return (await chat.direct(cleo.username)).id;
  });
  return { ann, bob, cleo, conversationId, other };
};

/** Keeps back what is asked of the messages of a conversation. @returns lets it go */
const holdMessages = async (
  page: Page,
  id: string,
): Promise<{ asked: Promise<undefined>; release: () => void }> => {
  const asked = Promise.withResolvers<undefined>();
  const released = Promise.withResolvers<undefined>();
  await page.route(`**/conversations/${id}/messages*`, async (route) => {
    asked.resolve(undefined);
    await released.promise;
    await route.continue();
  });
  return { asked: asked.promise, release: () => released.resolve(undefined) };
};

/** Notes each name that the open conversation has from now on. */
const recordHeadings = async (page: Page): Promise<() => Promise<string[]>> => {
  await page.evaluate(() => {
    const headings = new Set<string>();
    const note = (): void => {
      headings.add(document.querySelector('.conversation h1')?.textContent ?? '');
    };
    note();
    new MutationObserver(note).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    Object.assign(window, { headings });
  });
  return () => page.evaluate(() => [...(window as unknown as { headings: Set<string> }).headings]);
};

describe('whoever goes from one conversation to another', () => {
  it('sees and writes to the second, though the first is loaded later', async () => {
    const { ann, cleo, conversationId } = await aTriangle();
    const page = await open(ann);
    const { asked, release } = await holdMessages(page, conversationId);
    await openChat(page, 'Bob Baker');
    await asked;
    await openChat(page, 'Cleo Carter');
    await page.getByRole('heading', { name: 'Cleo Carter' }).waitFor();
    const headings = await recordHeadings(page);
    const loaded = page.waitForResponse(new RegExp(`/conversations/${conversationId}/messages`));
    release();
    await (await loaded).finished();
    await say(page, 'For Cleo');
    await messageIn(page, 'For Cleo').waitFor();
    expect(await headings()).toEqual(['Cleo Carter']);
    expect(
      await page
        .getByRole('log')
        .getByText(/^For Bob/)
        .count(),
    ).toBe(0);
    const theirs = await open(cleo);
    await openChat(theirs, 'Ann Archer');
    await messageIn(theirs, 'For Cleo').waitFor();
  });

  it('finds no window open that was opened over the first', async () => {
    const { ann, bob } = await aPair();
    await asUser(bob, async (chat) => {
      for (const title of ['Release team', 'Book club'])
        await chat.createGroup({ memberIds: [ann.username], title });
    });
    const page = await open(ann);
    await openChat(page, 'Release team');
    await page.getByRole('button', { name: 'About this conversation' }).click();
    await page.getByRole('button', { name: 'Leave the group' }).click();
    await page.getByText('Nothing open yet').waitFor();
    await openChat(page, 'Book club');
    await page.getByRole('heading', { level: 1, name: 'Book club' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('on a phone', () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const back = (page: Page) => page.getByRole('button', { name: 'Back to the conversations' });

  it('there is a way back while a conversation is loaded', async () => {
    const { ann, conversationId } = await aPair();
    const page = await open(ann, phone);
    await page.route(`**/conversations/${conversationId}*`, () => undefined); // never answered
    await page.route('**/conversations?*', (route) =>
      route.fulfill({ json: { items: [], nextCursor: null } }),
    );
    await page.evaluate((id) => location.assign(`#${id}`), conversationId);
    await page.reload();
    await page.getByText('Loading …').waitFor();
    await back(page).click();
    await page.getByRole('navigation').waitFor();
  });

  it('a conversation of others leads to one’s own', async () => {
    const { ann } = await aPair();
    const page = await open(ann, phone);
    for (const id of ['g-nobody', 'g-nobody-else']) {
      await page.evaluate((address) => location.assign(address), `#${id}`);
      await page.getByRole('navigation').getByText('Bob Baker').waitFor();
    }
  });
});
