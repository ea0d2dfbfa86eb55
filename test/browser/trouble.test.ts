import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { leewaySeconds } from '../../shared/adapters/jose/verified-tokens.ts';
import { usePageStack } from './page-stack.ts';
import { anAccount, logIn, messageIn, openChat, say, type Account } from './visitor.ts';

const site = usePageStack({ settings: { SEND_RATE: '2', SEND_BURST: '3', MODERATION_WORDS: 'grumble' } });

const tokenOf = (username: string, key: string, expiresAt: string | number): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(username)
    .setIssuer('parley')
    .setAudience('parley')
    .setIssuedAt('-2h')
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(key));

/** Ends a token, and the connections made with it. */
const takeBack = async ({ token }: Account): Promise<void> => {
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${site.url}/api/users/logout`, { method: 'POST', headers });
  expect(status).toBe(204);
};

/** Somebody whose browser still has a token that is good no more, though it does not know. */
const withToken = async (account: Account, token: Promise<string>): Promise<Account> => ({
  ...account,
  token: await token,
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
});

const draftOf = (page: Awaited<ReturnType<typeof site.open>>) => page.getByLabel(/^Message to/);

describe('what is written', () => {
  it('stays when the page is loaded again, for each conversation its own', async () => {
    const { ann } = await site.aPair();
    const cleo = await anAccount(site.url, 'Cleo Carter');
    await site.asUser(ann, (chat) => chat.direct(cleo.username));
    const page = await site.open(ann);
    await openChat(page, 'Bob Baker');
    await draftOf(page).fill('Half a thought for Bob');
    await openChat(page, 'Cleo Carter');
    await draftOf(page).fill('And one for Cleo');
    await page.reload();
    await expect.poll(() => draftOf(page).inputValue()).toBe('And one for Cleo');
    await openChat(page, 'Bob Baker');
    expect(await draftOf(page).inputValue()).toBe('Half a thought for Bob');
  });

  it('stays while a message is edited, and the edited text over a reload', async () => {
    const { ann } = await site.aPair();
    const page = await site.open(ann);
    await openChat(page, 'Bob Baker');
    await say(page, 'Helo');
    await messageIn(page, 'Helo').hover();
    await draftOf(page).fill('Something else');
    await page.getByRole('button', { name: 'Edit' }).click();
    await draftOf(page).fill('Hello, dear');
    await page.reload();
    await expect.poll(() => draftOf(page).inputValue()).toBe('Hello, dear');
    await page.getByRole('button', { name: 'Stop editing' }).waitFor();
    await draftOf(page).press('Escape');
    expect(await draftOf(page).inputValue()).toBe('Something else');
  });

  it('is forgotten when its writer logs out', async () => {
    const { ann, bob } = await site.aPair();
    const page = await site.open(undefined);
    await logIn(page, ann);
    await openChat(page, 'Bob Baker');
    await draftOf(page).fill('A secret');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await logIn(page, bob);
    await openChat(page, 'Ann Archer');
    const kept = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
    expect(kept).not.toContain('A secret');
  });
});

describe('whoever logs out', () => {
  it('does so in all tabs, and leaves a token that is good no more', async () => {
    const { ann } = await site.aPair();
    const page = await site.open(ann);
    const other = await page.context().newPage();
    await other.goto(site.url);
    await openChat(other, 'Bob Baker');
    await draftOf(other).fill('A secret');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    for (const tab of [page, other]) {
      await tab.getByLabel('Password').waitFor();
      expect(await tab.getByRole('alert').innerText()).toBe('');
    }
    expect(await page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain('secret');
    const headers = { authorization: `Bearer ${ann.token}` };
    const status = async () => (await fetch(`${site.url}/api/users/me`, { headers })).status;
    await expect.poll(status).toBe(401);
  });
});

describe('the next to log in', () => {
  it('sees nothing of what the last looked for, chose or was told', async () => {
    const { ann, bob } = await site.aPair();
    const page = await site.open(ann, { permissions: ['notifications'] });
    await page.evaluate(() => {
      const notices: Recorded[] = [];
      class Recorded extends EventTarget {
        isOpen = true;
        close(): void {
          this.isOpen = false;
        }
        constructor() {
          super();
          notices.push(this);
        }
      }
      Object.assign(window, { notices, Notification: Recorded });
      Object.assign(Recorded, { requestPermission: () => 'granted' });
      Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    });
    const notices = () =>
      page.evaluate(() => (window as unknown as { notices: { isOpen: boolean }[] }).notices);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel(/^Tell me of new messages/).check();
    await page.keyboard.press('Escape');
    await site.asUser(bob, (chat) => chat.send({ to: ann.username, text: 'Only for Ann' }));
    await expect.poll(async () => (await notices()).length).toBe(1);
    await page.getByRole('button', { name: 'Unread', exact: true }).click();
    await page.getByLabel(/^Search/).fill('secret words');
    await page.getByRole('navigation').getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Name or username').fill(bob.username);
    await page.getByRole('button', { name: `Bob Baker ${bob.username}` }).click();
    await takeBack(ann);
    await page.getByRole('alert').getByText('You are not logged in any more. Log in again.').waitFor();
    expect(await notices()).toEqual([{ isOpen: false }]);
    await logIn(page, bob);
    await page.getByRole('navigation').getByText('Ann Archer').waitFor();
    expect(await page.getByLabel(/^Search/).inputValue()).toBe('');
    expect(await page.getByRole('region', { name: 'Messages found' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'All' }).getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('a browser that keeps nothing', () => {
  it('shows the page all the same, and lets people in', async () => {
    const { ann } = await site.aPair();
    const page = await site.open();
    await page.addInitScript(() => {
      for (const storage of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, storage, {
          get: () => {
            throw new DOMException('Access is denied for this document.', 'SecurityError');
          },
        });
    });
    await page.reload();
    await logIn(page, ann);
    await openChat(page, 'Bob Baker');
    await say(page, 'Kept nowhere');
    await messageIn(page, 'Kept nowhere').waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Colors').selectOption('Dark');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password').waitFor();
  });
});

describe('a token', () => {
  it('that was never good leads to where one logs in, and says why', async () => {
    const ann = await anAccount(site.url, 'Ann Archer');
    const wrong = await withToken(ann, tokenOf(ann.username, 'another key of thirty-two bytes!', '1h'));
    const page = await site.open(wrong, undefined, 'You are not logged in any more. Log in again.');
    await logIn(page, ann);
    await page.getByRole('heading', { name: 'Ann Archer' }).waitFor();
  });

  it('that ends while somebody writes takes nothing away: after the log-in it is there again', async () => {
    const { ann, bob } = await site.aPair();
    const key = site.stack.settings.AUTH_SIGNING_KEY ?? '';
    const seconds = Math.floor(Date.now() / 1000);
    const page = await site.open(
      await withToken(ann, tokenOf(ann.username, key, seconds + 8 - leewaySeconds)),
    );
    await openChat(page, 'Bob Baker');
    await expect.poll(() => Date.now() / 1000 > seconds + 9, { timeout: 15_000 }).toBe(true);
    await say(page, 'Said too late');
    await page.getByRole('alert').getByText('You are not logged in any more. Log in again.').waitFor();
    await logIn(page, ann);
    await messageIn(page, 'Said too late').waitFor();
    const theirs = await site.open(bob);
    await openChat(theirs, 'Ann Archer');
    await messageIn(theirs, 'Said too late').waitFor();
  });

  it('whose time is over when the page is opened leads to where one logs in', async () => {
    const ann = await anAccount(site.url, 'Ann Archer');
    const over = { ...ann, expiresAt: new Date(Date.now() - 1000).toISOString() };
    await site.open(over, undefined, 'You are not logged in any more. Log in again.');
  });
});

describe('a message', () => {
  it('that nobody takes while the service is away waits in words, and is sent when it is back', async () => {
    const { ann, bob } = await site.aPair();
    const [anns, bobs] = await Promise.all([site.open(ann), site.open(bob)]);
    await openChat(anns, 'Bob Baker');
    await openChat(bobs, 'Ann Archer');
    await site.stack.kill('functions', 'SIGKILL');
    await say(anns, 'Are you still there?');
    await anns.getByText('The service does not answer just now. It is sent as soon as it does.').waitFor();
    await draftOf(anns).fill('And a draft');
    await site.stack.restart('functions');
    await messageIn(bobs, 'Are you still there?').waitFor();
    await anns.getByText('The service does not answer just now.').waitFor({ state: 'hidden' });
    expect(await draftOf(anns).inputValue()).toBe('And a draft');
    expect(await messageIn(anns, 'Are you still there?').count()).toBe(1);
  });

  it('that is more than the sender may send at once waits in words, and keeps its place', async () => {
    const { ann, bob } = await site.aPair();
    const [anns, bobs] = await Promise.all([site.open(ann), site.open(bob)]);
    await openChat(anns, 'Bob Baker');
    await openChat(bobs, 'Ann Archer');
    const texts = Array.from({ length: 8 }, (_, index) => `Number ${index + 1}`);
    for (const text of texts) await say(anns, text);
    await anns.getByText('That was much at once. It is sent in a moment.').first().waitFor();
    await messageIn(bobs, 'Number 8').waitFor();
    const log = await bobs.getByRole('log').innerText();
    expect(log.match(/Number \d/g)).toEqual(texts);
  });

  it('that is not accepted stays with the reason, until it is written otherwise or discarded', async () => {
    const { ann, bob } = await site.aPair();
    const [anns, bobs] = await Promise.all([site.open(ann), site.open(bob)]);
    await openChat(anns, 'Bob Baker');
    await openChat(bobs, 'Ann Archer');
    await say(anns, 'Oh grumble');
    const refusal = anns.getByRole('alert').getByText(/words or links that are not accepted here/);
    await refusal.waitFor();
    await anns.reload();
    await refusal.waitFor();
    await messageIn(anns, 'Oh grumble').waitFor();
    await anns.getByRole('alert').getByRole('button', { name: 'Edit' }).click();
    expect(await draftOf(anns).inputValue()).toBe('Oh grumble');
    await say(anns, 'Oh joy');
    await messageIn(bobs, 'Oh joy').waitFor();
    await refusal.waitFor({ state: 'hidden' });
    await say(anns, 'grumble again');
    await anns.getByRole('button', { name: 'Discard' }).click();
    await messageIn(anns, 'grumble again').waitFor({ state: 'hidden' });
    expect(await messageIn(bobs, 'grumble again').count()).toBe(0);
  });
});
