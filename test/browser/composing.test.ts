import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { usePageStack } from './page-stack.ts';
import { messageIn, openChat, say } from './visitor.ts';

const site = usePageStack();

const draftOf = (page: Page) => page.getByLabel(/^Message to/);

const atTheirConversation = async () => {
  const { ann, bob } = await site.aPair();
  const page = await site.open(ann);
  await openChat(page, 'Bob Baker');
  await draftOf(page).waitFor();
  return { ann, bob, page };
};

interface Carried {
  text?: string;
  file?: string;
}

/** Drops or pastes something on what is written. @returns whether the page takes it instead of the browser */
const bring = (page: Page, by: 'drop' | 'paste', what: Carried): Promise<boolean> =>
  draftOf(page).evaluate(
    (area, [way, { text, file }]) => {
      const data = new DataTransfer();
      if (text !== undefined) data.setData('text/plain', text);
      if (file !== undefined) data.items.add(new File(['...'], file, { type: 'image/png' }));
      const options = { bubbles: true, cancelable: true };
      const event =
        way === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: data })
          : new ClipboardEvent('paste', { ...options, clipboardData: data });
      return !area.dispatchEvent(event);
    },
    [by, what] as const,
  );

describe('the composer', () => {
  it('takes files that are dropped and pasted, and leaves text to the browser', async () => {
    const { page } = await atTheirConversation();
    expect(await bring(page, 'drop', { file: 'first.png' })).toBe(true);
    await page.getByText('first.png').waitFor();
    expect(await bring(page, 'drop', { text: 'Some words' })).toBe(false);
    expect(await bring(page, 'paste', { text: 'A\tB', file: 'table.png' })).toBe(false);
    await page.getByText('first.png').waitFor();
    expect(await bring(page, 'paste', { file: 'second.png' })).toBe(true);
    await page.getByText('second.png').waitFor();
  });

  it('sends nothing by the Enter that chooses a word, in no browser', async () => {
    const { page } = await atTheirConversation();
    await draftOf(page).fill('にほん');
    await draftOf(page).evaluate((area) => {
      const enter = { key: 'Enter', bubbles: true, cancelable: true };
      area.dispatchEvent(new KeyboardEvent('keydown', { ...enter, isComposing: true }));
      area.dispatchEvent(new KeyboardEvent('keydown', { ...enter, keyCode: 229 }));
    });
    expect(await draftOf(page).inputValue()).toBe('にほん');
    await say(page, '日本');
    await messageIn(page, '日本').waitFor();
    expect(await messageIn(page, 'にほん').count()).toBe(0);
  });
});

describe('a group', () => {
  it('is made once, however often the button is pressed', async () => {
    const { ann, bob, page } = await atTheirConversation();
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Name or username').fill(bob.username);
    await page.getByRole('button', { name: `Bob Baker ${bob.username}` }).click();
    await page.getByLabel(/^Title of the group/).fill('Release team');
    await page.getByRole('button', { name: 'Create the group' }).dblclick();
    await page.getByRole('heading', { level: 1, name: 'Release team' }).waitFor();
    await say(page, 'Welcome');
    await messageIn(page, 'Welcome').waitFor();
    const groups = await site.asUser(ann, async (chat) =>
      (await chat.conversations()).items.filter(({ info }) => info?.type === 'group'),
    );
    expect(groups).toHaveLength(1);
  });
});
