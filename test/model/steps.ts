import fc from 'fast-check';
import type { ChangeAction } from '../../shared/domain/change.ts';
import type { EarlierHistory, Role } from '../../shared/domain/conversation.ts';
import type { Device } from './device.ts';
import type { Fault } from './turns.ts';
import { conversationIds, users, type World } from './world.ts';

/** Something that happens. Numbers pick from what there is then. */
export type Action =
  | { do: 'send'; by: number; to: number; seconds: number | undefined }
  | {
      do: 'edit' | 'delete' | 'restore' | 'pin' | 'unpin' | 'react' | 'unreact';
      by: number;
      to: number;
      nth: number;
    }
  | { do: 'add'; by: number; to: number; userId: string; role: Role }
  | { do: 'remove' | 'role'; by: number; to: number; userId: string; role: Role }
  | { do: 'leave'; by: number; to: number }
  | { do: 'update'; by: number; to: number; title: string | undefined; earlierHistory: EarlierHistory }
  | { do: 'read' | 'delivered'; by: number; to: number; upToSeq: number }
  | { do: 'acknowledge'; by: number; to: number; seqs: number[] }
  | { do: 'read inbox'; by: number; limit: number }
  | { do: 'acknowledge inbox'; by: number; which: number }
  | { do: 'connect'; device: number }
  | { do: 'disconnect'; device: number; isTold: boolean }
  | { do: 'look'; device: number }
  | { do: 'ask again'; nth: number }
  | { do: 'work'; items: number; again: boolean }
  | { do: 'wait'; seconds: number }
  | { do: 'switch Web PubSub'; isDown: boolean };

/** Things that happen at the same time, and what goes wrong with the first of them. */
export interface Step {
  actions: Action[];
  fault: Fault | undefined;
}

/** The first of a few more often than the others. */
const mostly = (...weights: number[]): fc.Arbitrary<number> =>
  fc.oneof(...weights.map((weight, n) => ({ weight, arbitrary: fc.constant(n) })));

const by = mostly(6, 5, 2, 1, 1);
const to = mostly(3, 3, 2);
const place = { by, to };
const userId = mostly(1, 2, 4, 4, 1).map((n) => users[n] ?? '');
const role = fc.constantFrom<Role>('member', 'member', 'admin', 'owner');
const earlierHistory = fc.constantFrom<EarlierHistory>('visible', 'hidden');
const device = fc.nat(2 * users.length - 1);
const isTold = fc.boolean();

const one = <T extends object>(
  name: string,
  weight: number,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<Action>,
});

const ofMessages = { ...place, nth: fc.nat(4) };

const action = fc.oneof(
  one('work', 12, { items: fc.integer({ min: 1, max: 4 }), again: fc.boolean() }),
  one('send', 9, { ...place, seconds: fc.option(fc.constantFrom(10, 60), { nil: undefined, freq: 6 }) }),
  one('edit', 2, ofMessages),
  one('delete', 4, ofMessages),
  one('restore', 4, ofMessages),
  one('pin', 1, ofMessages),
  one('unpin', 1, ofMessages),
  one('react', 2, ofMessages),
  one('unreact', 1, ofMessages),
  one('add', 4, { ...place, userId, role }),
  one('remove', 3, { ...place, userId, role }),
  one('leave', 2, place),
  one('role', 2, { ...place, userId, role }),
  one('update', 1, {
    ...place,
    title: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    earlierHistory,
  }),
  one('read', 2, { ...place, upToSeq: fc.nat(12) }),
  one('delivered', 1, { ...place, upToSeq: fc.nat(12) }),
  one('acknowledge', 3, {
    ...place,
    seqs: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  }),
  one('read inbox', 4, { by, limit: fc.integer({ min: 1, max: 6 }) }),
  one('acknowledge inbox', 2, { by, which: fc.nat(255) }),
  one('connect', 5, { device }),
  one('disconnect', 2, { device, isTold }),
  one('look', 4, { device }),
  one('ask again', 3, { nth: fc.nat(20) }),
  one('wait', 3, { seconds: fc.constantFrom(1, 10, 40, 700) }),
  one('switch Web PubSub', 1, { isDown: fc.boolean() }),
);

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom<Fault['kind']>('fails', 'loses its answer', 'dies before', 'dies after'),
  at: fc.nat(12),
  calls: fc.constantFrom(1, 1, 100),
});

const anyStep: fc.Arbitrary<Step> = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 3 }),
  fault: fc.option(fault, { nil: undefined, freq: 3 }),
});

const alone = (...actions: Action[]): Step => ({ actions, fault: undefined });
const work: Action = { do: 'work', items: 4, again: false };

/** A message is gone while its receivers read their inboxes, and comes back. */
const comeback = fc
  .record({ ...ofMessages, reader: by })
  .map(({ reader, ...what }) => [
    alone({ do: 'delete', ...what }),
    alone(work),
    alone({ do: 'read inbox', by: reader, limit: 6 }),
    alone({ do: 'restore', ...what }),
    alone(work),
  ]);

/** A device that has nothing reads a conversation while messages in it change. */
const newcomer = fc
  .record({ ...ofMessages, device: fc.constantFrom(0, 2, 4) })
  .map(({ device, ...what }) => [
    alone({ do: 'disconnect', device, isTold: false }),
    alone({ do: 'edit', ...what }, { do: 'react', ...what }),
    alone({ do: 'connect', device }),
    alone(work, { do: 'look', device }),
  ]);

const some = (length: object) => fc.array(anyStep, { size: 'max', ...length });

/** What happens in one test. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    some({ minLength: 3, maxLength: 35 }),
    fc.option(fc.oneof(comeback, newcomer)),
    some({ maxLength: 10 }),
  )
  .map(([before, course, after]) => [...before, ...(course ?? []), ...after]);

const emojis = ['👍', '🎉'];

/** Does what the steps say. */
export class Player {
  readonly #world: World;
  readonly #devices: readonly Device[];
  /** What was asked for, to be asked for again under its id. */
  readonly #asked: ((fault?: Fault) => Promise<void>)[] = [];
  /** What inboxes showed last. */
  readonly #inboxIds = new Map<string, string[]>();

  /** Sessions that have a worker. */
  readonly #busy = new Set<unknown>();

  constructor(world: World, devices: readonly Device[]) {
    this.#world = world;
    this.#devices = devices;
  }

  async play({ actions, fault }: Step): Promise<void> {
    // Time goes on between steps only: what happens at once happens at one time.
    for (const one of actions) if (one.do === 'wait') this.#world.backend.clock.advance(one.seconds * 1000);
    const started = actions.map((one, n) => this.#start(one, n === 0 ? fault : undefined));
    // Phones look at once at what they are pushed, laptops when they are told to.
    const phones = this.#devices.filter((_, n) => n % 2 === 0).map((phone) => phone.look());
    await this.#world.run([...started, ...phones]);
  }

  /** Until all queues are worked off and all checks have been due; nothing goes wrong any more. */
  async drain(): Promise<void> {
    const { sockets, queues, clock } = this.#world.backend;
    sockets.isDown = false;
    for (;;) {
      await this.#world.run([this.#work(Infinity, false)]);
      await this.#world.run(this.#devices.map((one) => one.look()));
      const isQuiet = [...queues.sessions.values()].every((session) => session.length === 0);
      const dueAt = Math.min(...queues.checks.map((one) => one.dueAt));
      if (isQuiet && dueAt === Infinity) return;
      if (isQuiet) clock.advance(Math.max(0, dueAt - clock.now().getTime()));
    }
  }

  async #start(action: Action, fault: Fault | undefined): Promise<void> {
    const world = this.#world;
    const userId = 'by' in action ? (users[action.by] ?? '') : '';
    const conversationId = 'to' in action ? (conversationIds[action.to] ?? '') : '';
    switch (action.do) {
      case 'send': {
        const id = `s${this.#asked.length}`;
        const isPair = action.to === 2 && action.by < 2;
        const to = isPair ? undefined : conversationId;
        return this.#ask(fault, (again) => world.send(userId, to, id, `word ${id}`, action.seconds, again));
      }
      case 'read':
      case 'delivered':
        return world.receipt(
          userId,
          conversationId,
          { watermark: action.do, upToSeq: action.upToSeq },
          fault,
        );
      case 'acknowledge':
        return world.acknowledge(userId, conversationId, action.seqs, fault);
      case 'read inbox': {
        const items = await world.inbox(userId, action.limit, fault);
        this.#inboxIds.set(
          userId,
          items.map(({ inboxId }) => inboxId),
        );
        return;
      }
      case 'acknowledge inbox': {
        const ids = (this.#inboxIds.get(userId) ?? []).filter((_, n) => (action.which >> n) % 2 === 1);
        return ids.length > 0 ? world.acknowledgeInbox(userId, ids, fault) : undefined;
      }
      case 'connect':
        return this.#devices[action.device]?.connect(fault);
      case 'disconnect':
        return this.#devices[action.device]?.disconnect(action.isTold, fault);
      case 'look':
        return this.#devices[action.device]?.look(fault);
      case 'ask again':
        return this.#asked[action.nth % Math.max(1, this.#asked.length)]?.(fault);
      case 'work':
        return this.#work(action.items, action.again, fault);
      case 'wait':
        return;
      case 'switch Web PubSub':
        world.backend.sockets.isDown = action.isDown;
        return;
      default: {
        const id = `c${this.#asked.length}`;
        const change = this.#changeOf(action, userId, conversationId, id);
        if (!change) return;
        return this.#ask(fault, (again) => world.change(userId, conversationId, id, change, again));
      }
    }
  }

  #ask(fault: Fault | undefined, ask: (fault?: Fault) => Promise<void>): Promise<void> {
    this.#asked.push(ask);
    return ask(fault);
  }

  #changeOf(
    action: Extract<Action, { by: number; to: number }>,
    userId: string,
    conversationId: string,
    id: string,
  ): ChangeAction | undefined {
    const messages = this.#world.model.get(conversationId)?.messages ?? [];
    switch (action.do) {
      case 'add':
        return { type: 'add-members', userIds: [action.userId], role: action.role };
      case 'remove':
        return { type: 'remove-member', userId: action.userId };
      case 'leave':
        return { type: 'remove-member', userId };
      case 'role':
        return { type: 'set-role', userId: action.userId, role: action.role };
      case 'update': {
        const { title, earlierHistory } = action;
        return {
          type: 'update',
          settings: title === undefined ? { earlierHistory } : { title, earlierHistory },
        };
      }
      default: {
        if (!('nth' in action)) return undefined;
        const messageId = messages[action.nth % Math.max(1, messages.length)]?.id;
        if (messageId === undefined) return undefined;
        const emoji = emojis[action.nth % 2] ?? '';
        if (action.do === 'react' || action.do === 'unreact') return { type: action.do, messageId, emoji };
        if (action.do === 'edit') return { type: 'edit', messageId, messageText: `word ${id}` };
        return { type: action.do, messageId };
      }
    }
  }

  /** Workers, one for each conversation, and the checks that are due. @param again the first item comes twice */
  async #work(items: number, again: boolean, fault?: Fault): Promise<void> {
    const { queues } = this.#world.backend;
    const free = [...queues.sessions.values()].filter((session) => !this.#busy.has(session));
    const sessions = free.map(async (session, n) => {
      this.#busy.add(session);
      let first = n === 0 ? fault : undefined;
      for (let tries = 0; tries < items && session[0]; tries++) {
        if ((await this.#world.work(session[0], first)) && !(again && tries === 0)) session.shift();
        first = undefined;
      }
      this.#busy.delete(session);
    });
    const checks = queues.takeDue().map(async (check, n) => {
      if (!(await this.#world.check(check, n === 0 ? fault : undefined))) queues.putBack(check);
    });
    await Promise.all([...sessions, ...checks]);
  }
}
