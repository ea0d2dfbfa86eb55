import { setTimeout as delay } from 'node:timers/promises';
import type { ConversationPage, HistoryPage } from '../../shared/contract/lists.ts';
import type { Sent } from '../../test/chaos/history.ts';
import type { Random } from '../../test/chaos/random.ts';
import type { Person, Room, World } from './person.ts';
import type { Deed } from './mix.ts';

/** What of an edited message comes behind its first text. */
const editMark = ' ✎';

/** A text as it was sent, and how often it was edited since. */
export const withoutEdits = (text: string): { text: string; edits: number } => {
  const [first = '', edits = '0'] = text.split(editMark);
  return { text: first, edits: Number(edits) };
};

/** A client tries a send again under the same id; then its user is told that it did not work. */
const sendTries = 6;
const retryMs = 300;
const words = ['lunch', 'release', 'invoice', 'train', 'coffee', 'meeting', 'holiday', 'server'];
const emojis = ['👍', '🎉', '❤️', '😀'];

type Act = (person: Person, room: Room, due: number) => Promise<unknown>;

/** What people do, each deed as the calls that an app makes for it. */
export class Deeds {
  /** Edits that were accepted, by message: the last one. */
  readonly edits = new Map<string, number>();
  /** Sends that were given up. */
  givenUp = 0;
  readonly #world: World;
  readonly #random: Random;
  readonly #acts: Readonly<Record<Deed, Act>> = {
    send: (person, room, due) => this.#send(person, room, due),
    'switch channel': (person, room, due) => this.#switch(person, room, due),
    scroll: (person, room, due) => this.#scroll(person, room, due),
    'unread check': (person, _, due) =>
      this.#world.wire.call('unread', person.userId, 'GET', '/unread', undefined, due),
    react: (person, room, due) => this.#react(person, room, due),
    reconnect: (person, _, due) => this.#reconnect(person, due),
    edit: (person, _, due) => this.#edit(person, due),
    search: (person, _, due) => this.#search(person, due),
    delete: (person, _, due) => this.#delete(person, due),
    type: (person, { id: conversationId }) => {
      person.device.say('typing', { conversationId, isTyping: true });
      return Promise.resolve();
    },
  };

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** @param due when it was due, in milliseconds of `performance.now()` */
  async do(deed: Deed, person: Person, due: number): Promise<void> {
    try {
      await this.#acts[deed](person, this.#random.pick(person.rooms), due);
    } catch (error) {
      this.#world.object(`"${deed}" of ${person.userId} failed: ${String(error)}`);
    }
  }

  /** Sends when the send before it in the same conversation has been answered: that is what order rests on. */
  #send(person: Person, room: Room, due: number): Promise<void> {
    const sending = (person.lanes.get(room) ?? Promise.resolve()).then(() =>
      this.#sendNow(person, room, due),
    );
    person.lanes.set(room, sending);
    return sending;
  }

  async #sendNow(person: Person, room: Room, due: number): Promise<void> {
    const { wire, recorder, deliveries } = this.#world;
    const sent = this.#draft(person, room);
    recorder.history.sent.push(sent);
    person.says(room, sent);
    const body = { messageText: sent.text, clientMessageId: sent.clientMessageId };
    deliveries.expect(sent.clientMessageId, sent.receiverIds, due);
    for (let tries = 1; tries <= sendTries; tries++) {
      const path = `/conversations/${room.id}/messages`;
      const since = tries === 1 ? due : performance.now();
      const { status, body: answer } = await wire.call('send', person.userId, 'POST', path, body, since);
      sent.tries.push({ at: Date.now(), outcome: `${status}` });
      if (status === 202) {
        const { messageId, conversationId } = answer as { messageId: string; conversationId: string };
        recorder.accepted(sent, { at: Date.now(), messageId, conversationId });
        return;
      }
      if (status !== 0 && status !== 429 && status < 500) break;
      await delay(this.#random.between(0, retryMs * 2 ** tries));
    }
    this.givenUp++;
    deliveries.forget(sent.clientMessageId);
  }

  #draft(person: Person, room: Room): Sent {
    const nth = (person.begun.get(room) ?? 0) + 1;
    person.begun.set(room, nth);
    const clientMessageId = `${person.userId}-${person.rooms.indexOf(room)}-${nth}`;
    return {
      ...{ conversationId: room.id, senderId: person.userId, clientMessageId, nth },
      receiverIds: room.memberIds.filter((id) => id !== person.userId),
      text: `${clientMessageId}: ${this.#random.pick(words)} and ${this.#random.pick(words)}`,
      ...{ isAwaited: true, begunAt: Date.now(), tries: [], accepted: [] },
    };
  }

  /** The list, the newest page of one conversation, and that it was read. */
  async #switch({ userId }: Person, { id }: Room, due: number): Promise<void> {
    const { wire, recorder, object } = this.#world;
    const list = await wire.call('list', userId, 'GET', '/conversations?limit=50', undefined, due);
    if (list.status === 200 && !(list.body as ConversationPage).items.some((one) => one.id === id))
      object(`The list of ${userId} has no ${id}.`);
    const { status, body } = await wire.call('newest page', userId, 'GET', `/conversations/${id}/messages`);
    if (status !== 200) return;
    const { headSeq } = this.#looked(userId, id, body as HistoryPage);
    if (headSeq === 0) return;
    const path = `/conversations/${id}/read`;
    const marked = await wire.call('read', userId, 'PUT', path, { upToSeq: headSeq });
    if (marked.status === 204) recorder.read(userId, id, headSeq);
  }

  async #scroll({ userId }: Person, { id }: Room, due: number): Promise<void> {
    const path = `/conversations/${id}/messages?before=${this.#random.between(1, 200)}&limit=50`;
    const { status, body } = await this.#world.wire.call('older page', userId, 'GET', path, undefined, due);
    if (status === 200) this.#looked(userId, id, body as HistoryPage);
  }

  /** A page must have one message at each of its places. */
  #looked(userId: string, id: string, page: HistoryPage): HistoryPage {
    const first = page.items[0]?.seq ?? 0;
    if (page.items.some(({ seq, conversationId }, index) => seq !== first + index || conversationId !== id))
      this.#world.object(
        `A page of ${id} for ${userId} has a hole: ${page.items.map(({ seq }) => seq).join()}.`,
      );
    return page;
  }

  async #react({ userId }: Person, { id, latest }: Room, due: number): Promise<void> {
    if (latest === undefined) return;
    const path = `/conversations/${id}/messages/${latest}/reactions/${encodeURIComponent(this.#random.pick(emojis))}`;
    await this.#world.wire.call('react', userId, 'PUT', path, undefined, due);
  }

  async #reconnect(person: Person, due: number): Promise<void> {
    if (!person.device.isOnline) return;
    person.device.cut();
    await person.comeBack();
    this.#world.wire.took('reconnect', performance.now() - due);
  }

  async #edit(person: Person, due: number): Promise<void> {
    const said = person.said.pop(); // nobody else edits or deletes it meanwhile
    if (said === undefined) return;
    const { room, messageId, sent } = said;
    const edits = ++said.edits;
    const path = `/conversations/${room.id}/messages/${messageId}`;
    const body = { messageText: `${sent.text}${editMark}${edits}` };
    const { status } = await this.#world.wire.call('edit', person.userId, 'PATCH', path, body, due);
    if (status !== 202) return; // what is to become of it is not known
    this.edits.set(messageId, edits);
    person.said.push(said);
  }

  async #search({ userId }: Person, due: number): Promise<void> {
    const path = `/search/messages?q=${this.#random.pick(words)}&limit=20`;
    await this.#world.wire.call('search', userId, 'GET', path, undefined, due);
  }

  async #delete(person: Person, due: number): Promise<void> {
    const said = person.said.shift();
    if (said === undefined) return;
    const { room, messageId, sent } = said;
    const { wire, recorder, deliveries } = this.#world;
    const deleting = recorder.deletes(room.id, messageId);
    deliveries.forget(sent.clientMessageId);
    const path = `/conversations/${room.id}/messages/${messageId}`;
    const { status } = await wire.call('delete', person.userId, 'DELETE', path, undefined, due);
    if (status === 202 || status === 409) deleting.confirm();
  }
}
