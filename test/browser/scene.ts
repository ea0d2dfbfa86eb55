import { ParleyClient, type Conversation } from '../../client/index.ts';
import { openBrowser } from './browser.ts';
import { anAccount, type Account } from './visitor.ts';

interface Person {
  account: Account;
  chat: ParleyClient;
}

const names = ['Ann Archer', 'Bob Baker', 'Cleo Carter', 'Dora Dane', 'Emil Engel', 'Fay Fox'] as const;
type Name = (typeof names)[number];
type People = Record<Name, Person>;

const said: [Name, string][] = [
  ['Ann Archer', 'Morning! The release is tagged.'],
  ['Bob Baker', 'Nice. I run the smoke tests now.'],
  ['Cleo Carter', 'This is how last night went:'],
  ['Cleo Carter', 'Notes are at https://example.com/releases/1.0'],
  ['Ann Archer', 'Thank you both! Shall we ship at noon?'],
  ['Bob Baker', 'All green. Ship it.'],
];

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

/** A chart that never was. */
const drawChart = async (): Promise<Uint8Array<ArrayBuffer>> => {
  const { context, close } = await openBrowser({ viewport: { width: 640, height: 480 } });
  const page = await context.newPage();
  await page.setContent(`<body style="margin:0"><svg width="640" height="480" xmlns="http://www.w3.org/2000/svg">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="1" y2="1"><stop stop-color="#161b3d"/><stop offset="1" stop-color="#3a2d6b"/></linearGradient></defs>
    <rect width="640" height="480" fill="url(#sky)"/>
    ${[90, 170, 250, 330].map((y) => `<path d="M50 ${y}h540" stroke="#fff" stroke-opacity=".12"/>`).join('')}
    ${[120, 190, 150, 240, 210, 290, 260, 330].map((height, n) => `<rect x="${64 + n * 66}" y="${410 - height}" width="36" height="${height}" rx="8" fill="#8f9dff" fill-opacity="${0.35 + n * 0.08}"/>`).join('')}
    <path d="M82 300 148 250 214 275 280 190 346 205 412 140 478 150 544 84" fill="none" stroke="#6ff0c0" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>
    </svg></body>`);
  const bytes = await page.screenshot();
  await close();
  return new Uint8Array(bytes);
};

const talk = async (people: People): Promise<void> => {
  const ann = people['Ann Archer'];
  const idOf = (name: Name): string => people[name].account.username;
  await people['Fay Fox'].chat.send({
    to: idOf('Ann Archer'),
    text: 'The slides are done, have a look when you can.',
  });
  const club = await people['Emil Engel'].chat.createGroup({
    title: 'Book club',
    memberIds: [idOf('Ann Archer'), idOf('Dora Dane')],
  });
  await club.send('Thursday at seven, same place?');
  const group = await ann.chat.createGroup({
    title: 'Release team',
    memberIds: [idOf('Bob Baker'), idOf('Cleo Carter')],
  });
  const chart = new File([await drawChart()], 'dashboard.png', { type: 'image/png' });
  for (const [index, [name, text]] of said.entries()) {
    const theirs = people[name].chat.conversation(group.id);
    const attachmentId = index === 2 ? (await theirs.upload(chart)).attachmentId : undefined;
    await theirs.send({ text, ...(attachmentId !== undefined && { attachmentId }) });
    await arrived(group, index + 1);
  }
  await people['Dora Dane'].chat.send({ to: idOf('Ann Archer'), text: 'Lunch tomorrow?' });
  await ann.chat.send({ to: idOf('Bob Baker'), text: 'See you at noon.' });
  for (const name of ['Bob Baker', 'Cleo Carter'] as const) {
    const theirs = people[name].chat.conversation(group.id);
    await arrived(theirs, said.length);
    theirs.markRead();
  }
  group.markRead();
};

/** People who have something to say to each other. */
export const playScene = async (url: string): Promise<{ ann: Account; end: () => Promise<void> }> => {
  const people = {} as People;
  for (const name of names) {
    const account = await anAccount(url, name);
    people[name] = { account, chat: await ParleyClient.connect({ baseUrl: url, token: account.token }) };
  }
  await talk(people);
  return {
    ann: people['Ann Archer'].account,
    end: async () => {
      await Promise.all(names.map((name) => people[name].chat.close()));
    },
  };
};
