import { describe, expect, it } from 'vitest';
import { violationsOn } from './axe.ts';
import { usePageStack } from './page-stack.ts';
import { anAccount, messageIn, openChat, say } from './visitor.ts';

const site = usePageStack();
const { open, aPair, asUser } = site;

describe('the chat page', () => {
  it('lets somebody register, begin a conversation and say the first thing', async () => {
    const bob = await anAccount(site.url, 'Bob Baker');
    const page = await open();
    await page.getByRole('button', { name: 'I have no account yet' }).click();
    await page.getByLabel('Your name').fill('Ann Archer');
    await page.getByLabel('Username').fill(`ann-first-${process.pid}`);
    await page.getByLabel('Password').fill('open sesame');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('navigation').getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Name or username').fill(bob.username);
    await page.getByRole('button', { name: `Bob Baker ${bob.username}` }).click();
    await page.getByRole('button', { name: 'Begin' }).click();
    await say(page, 'Hello, Bob!');
    await messageIn(page, 'Hello, Bob!').waitFor();
    const received = await asUser(bob, async (chat) => (await chat.conversations()).items[0]?.history());
    expect(received?.items.map(({ messageText }) => messageText)).toEqual(['Hello, Bob!']);
  });

  it('says what is wrong when somebody cannot log in', async () => {
    const page = await open();
    await page.getByLabel('Username').fill('nobody');
    await page.getByLabel('Password').fill('wrong password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('The username or the password is wrong.').waitFor();
  });

  it('shows two people what they say, and how far it has come', async () => {
    const { ann, bob } = await aPair();
    const [anns, bobs] = await Promise.all([open(ann), open(bob)]);
    await openChat(anns, 'Bob Baker');
    await say(anns, 'Are you there?');
    await openChat(bobs, 'Ann Archer');
    await messageIn(bobs, 'Are you there?').waitFor();
    await anns.getByRole('log').getByText('Read', { exact: true }).waitFor();
    await bobs.getByLabel(/^Message to/).pressSequentially('I am');
    await anns.getByText('Bob Baker is typing …').waitFor();
    await bobs.keyboard.press('Enter');
    await messageIn(anns, 'I am').waitFor();
  });

  it('keeps what is written while there is no connection, and catches up when it is back', async () => {
    const { ann, bob } = await aPair();
    const [anns, bobs] = await Promise.all([open(ann), open(bob)]);
    await openChat(anns, 'Bob Baker');
    await openChat(bobs, 'Ann Archer');
    await bobs.context().setOffline(true);
    await say(bobs, 'Written offline');
    await bobs.getByRole('log').getByText('Waiting to be sent').waitFor();
    await say(anns, 'Said meanwhile');
    await bobs.context().setOffline(false);
    await messageIn(bobs, 'Said meanwhile').waitFor();
    await messageIn(anns, 'Written offline').waitFor();
    for (const page of [anns, bobs]) expect(await messageIn(page, 'Written offline').count()).toBe(1);
  });

  it('makes a group, and shows who says what and who was added', async () => {
    const [ann, bob, cleo] = await Promise.all(
      ['Ann Archer', 'Bob Baker', 'Cleo Carter'].map((name) => anAccount(site.url, name)),
    );
    if (!ann || !bob || !cleo) throw new Error('Somebody is missing.');
    const [anns, bobs] = await Promise.all([open(ann), open(bob)]);
    await anns.getByRole('navigation').getByRole('button', { name: 'New conversation' }).click();
    await anns.getByLabel('Name or username').fill(bob.username);
    await anns.getByRole('button', { name: `Bob Baker ${bob.username}` }).click();
    await anns.getByLabel(/^Title of the group/).fill('Release team');
    await anns.getByRole('button', { name: 'Create the group' }).click();
    await say(anns, 'Welcome');
    await openChat(bobs, 'Release team');
    await messageIn(bobs, 'Welcome').waitFor();
    await anns.getByRole('button', { name: 'About this conversation' }).click();
    await anns.getByLabel('Add somebody').fill(cleo.username);
    await anns.getByRole('button', { name: `Cleo Carter ${cleo.username}` }).click();
    await bobs.getByRole('log').getByText('Ann Archer added Cleo Carter').waitFor();
    const offered = anns.getByRole('list', { name: 'People found' }).getByRole('button');
    await expect.poll(() => offered.count()).toBe(0); // she is in it
    const cleos = await open(cleo);
    await openChat(cleos, 'Release team');
    await messageIn(cleos, 'Welcome').waitFor();
  });

  it('edits, reacts to, answers, deletes and brings back messages', async () => {
    const { ann, bob } = await aPair();
    const [anns, bobs] = await Promise.all([open(ann), open(bob)]);
    await openChat(anns, 'Bob Baker');
    await openChat(bobs, 'Ann Archer');
    await say(anns, 'Helo');
    await messageIn(bobs, 'Helo').waitFor();
    await messageIn(anns, 'Helo').hover();
    await anns.getByRole('button', { name: 'Edit' }).click();
    await say(anns, 'Hello');
    await messageIn(bobs, 'Hello').waitFor();
    await bobs.getByText('edited').waitFor();
    await messageIn(bobs, 'Hello').hover();
    await bobs.getByRole('button', { name: 'React' }).click();
    await bobs.getByRole('button', { name: 'React with 🎉' }).click();
    await anns.getByRole('button', { name: '🎉 1' }).waitFor();
    await messageIn(bobs, 'Hello').hover();
    await bobs.getByRole('button', { name: 'Reply' }).click();
    await say(bobs, 'Hello to you');
    await anns.getByRole('button', { name: 'Ann Archer Hello' }).waitFor();
    await messageIn(anns, 'Hello').first().hover();
    await anns.getByRole('button', { name: 'Delete' }).first().click();
    await bobs.getByText('This message was deleted.').waitFor();
    await anns.getByRole('button', { name: 'Restore' }).click();
    await messageIn(bobs, 'Hello').first().waitFor();
  });

  it('shows whatever looks like code as text', async () => {
    const texts = [
      '<script>window.hacked = true</script>',
      '<img src=x onerror="window.hacked = true">',
      '<svg/onload=window.hacked=true>',
      '"><iframe srcdoc="<script>parent.hacked = true</script>">',
      'javascript:window.hacked=true',
      '[a](javascript:window.hacked=true)',
      '{{constructor.constructor("window.hacked = true")()}}',
      '${window.hacked = true}',
      '\u202Egnp.exe\u202C <b>bold</b> &lt;script&gt;',
      '<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=true>',
    ];
    const [ann, bob] = await Promise.all([
      anAccount(site.url, '<b>Ann</b> <img/onerror=1>'),
      anAccount(site.url, 'Bob Baker'),
    ]);
    const title = '"><script>window.hacked=true</script>';
    await asUser(ann, async (chat) => {
      const group = await chat.createGroup({ memberIds: [bob.username], title });
      for (const text of texts) await group.send(text);
    });
    const page = await open(bob);
    await openChat(page, title);
    for (const text of texts) await messageIn(page, text).waitFor();
    await page.getByRole('button', { name: 'About this conversation' }).click();
    await page.getByRole('dialog').getByText('<b>Ann</b> <img/onerror=1>').waitFor();
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(await page.locator('#page').locator('script, iframe, img, b, style, math').count()).toBe(0);
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  });

  it('can be used with the keyboard alone', async () => {
    const { ann, bob } = await aPair();
    const [page, bobs] = await Promise.all([open(ann), open(bob)]);
    const focusOn = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        const label = await page.evaluate(() => {
          const { activeElement: at } = document;
          return at?.getAttribute('aria-label') ?? at?.textContent ?? '';
        });
        if (name.test(label)) return;
      }
      throw new Error(`Tab leads to nothing called ${String(name)}.`);
    };
    await focusOn(/^BBBob Baker/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Bob Baker' }).waitFor();
    await focusOn(/^Attach a file/);
    await page.keyboard.press('Tab');
    await page.keyboard.type('By keys');
    await page.keyboard.press('Enter');
    await messageIn(page, 'By keys').waitFor();
    await openChat(bobs, 'Ann Archer');
    await messageIn(bobs, 'By keys').waitFor();
    const isAt = (selector: string): Promise<boolean> =>
      page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    while (!(await isAt('.bubble'))) await page.keyboard.press('Shift+Tab');
    while (!(await isAt('[aria-label="Delete"]'))) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await bobs.getByText('This message was deleted.').waitFor();
    await focusOn(/^About this conversation/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('has nothing that stands in the way of those who see, hear or move differently', async () => {
    const { ann, bob, conversationId } = await aPair();
    await asUser(bob, async (chat) => {
      const { messageId } = await chat.conversation(conversationId).send('Look at https://example.com');
      await chat.conversation(conversationId).send({ text: 'An answer', replyTo: messageId });
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(ann, { colorScheme });
      expect(await violationsOn(page)).toEqual([]);
      await openChat(page, 'Bob Baker');
      await messageIn(page, 'An answer').waitFor();
      expect(await violationsOn(page)).toEqual([]);
      for (const name of ['About this conversation', 'Settings', 'New conversation']) {
        await page.getByRole('button', { name }).first().click();
        await page.getByRole('dialog').waitFor();
        expect(await violationsOn(page)).toEqual([]);
        await page.keyboard.press('Escape');
      }
      const stranger = await open(undefined, { colorScheme });
      expect(await violationsOn(stranger)).toEqual([]);
    }
  });

  it('shows one thing at a time on a phone', async () => {
    const { ann, conversationId } = await aPair();
    const page = await open(ann, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const widest = (): Promise<number> =>
      page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll('#page *')].map((each) => each.getBoundingClientRect().right),
        ),
      );
    await asUser(ann, (chat) => chat.conversation(conversationId).send('long '.repeat(100)));
    await page
      .getByRole('navigation')
      .getByText(/^You: long/)
      .waitFor();
    expect(await widest()).toBeLessThanOrEqual(390);
    await openChat(page, 'Bob Baker');
    await page.getByRole('heading', { name: 'Bob Baker' }).waitFor();
    expect(await page.getByRole('navigation').isVisible()).toBe(false);
    expect(await widest()).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Back to the conversations' }).click();
    await page.getByRole('navigation').waitFor();
  });
});
