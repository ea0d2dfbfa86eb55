/**
 * `npm run screenshots`: pictures of the chat page for the documentation, in docs/screenshots: on a desktop and on a phone, light and
 * dark. Exit code 1 if one cannot be taken.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient, type Conversation } from '../../client/index.ts';
import { pageMount } from '../../local/stack/page.ts';
import { startTestStack } from '../support/test-stack.ts';
import { anAccount, messageIn, openChat, visit, type Account } from './visitor.ts';

const folder = 'docs/screenshots';

const devices = {
  desktop: { viewport: { width: 1100, height: 700 } },
  phone: { viewport: { width: 390, height: 800 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

const said = [
  ['Ann Archer', 'Morning! The release is tagged.'],
  ['Bob Baker', 'Nice. I run the smoke tests now.'],
  ['Cleo Carter', 'Notes are at https://example.com/releases/1.0'],
  ['Ann Archer', 'Thank you both. Shall we ship at noon?'],
  ['Bob Baker', 'All green. Ship it.'],
] as const;

type People = Record<string, { account: Account; chat: ParleyClient }>;

const somebody = (people: People, name: string): People[string] => {
  const person = people[name];
  if (!person) throw new Error(`There is no ${name}.`);
  return person;
};

const gather = async (url: string): Promise<People> => {
  const people: People = {};
  for (const name of ['Ann Archer', 'Bob Baker', 'Cleo Carter', 'Dora Dane']) {
    const account = await anAccount(url, name);
    people[name] = { account, chat: await ParleyClient.connect({ baseUrl: url, token: account.token }) };
  }
  return people;
};

/** As many messages as there should be have come. */
const arrived = (conversation: Conversation, count: number): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (conversation.snapshot.messages.length < count) return;
      stop();
      resolve();
    };
    const stop = conversation.subscribe(look);
    void conversation.open().then(look);
  });

const talk = async (people: People): Promise<void> => {
  const idOf = (name: string): string => somebody(people, name).account.username;
  const ann = somebody(people, 'Ann Archer').chat;
  const group = await ann.createGroup({
    title: 'Release team',
    memberIds: [idOf('Bob Baker'), idOf('Cleo Carter')],
  });
  for (const [name, text] of said) await somebody(people, name).chat.conversation(group.id).send(text);
  await arrived(group, said.length);
  const last = group.snapshot.messages.at(-1);
  if (last) await ann.conversation(group.id).react(last.messageId, '🎉');
  await somebody(people, 'Dora Dane').chat.send({ to: idOf('Ann Archer'), text: 'Lunch tomorrow?' });
  await ann.send({ to: idOf('Bob Baker'), text: 'See you at noon.' });
};

const dataDir = mkdtempSync(join(tmpdir(), 'parley-screenshots-'));
const stack = await startTestStack({ dataDir, ...pageMount('dist/web') });
try {
  mkdirSync(folder, { recursive: true });
  const people = await gather(stack.urls.functions);
  await talk(people);
  for (const [device, options] of Object.entries(devices))
    for (const colorScheme of ['light', 'dark'] as const) {
      const { account } = somebody(people, 'Ann Archer');
      const { page, browser } = await visit(stack.urls.functions, account, { ...options, colorScheme });
      await openChat(page, 'Release team');
      await messageIn(page, 'All green. Ship it.').waitFor();
      await page.screenshot({ path: join(folder, `${device}-${colorScheme}.png`) });
      await browser.close();
    }
  await Promise.all(Object.values(people).map(({ chat }) => chat.close()));
} finally {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
