import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../test/chaos/random.ts';
import { Recorder } from '../../test/chaos/recorder.ts';
import { inParallel } from '../scenarios/lanes.ts';
import { type Crowd, gatherCrowd } from './crowd.ts';
import { Deeds } from './deeds.ts';
import { Deliveries } from './deliveries.ts';
import { drive, type Driven } from './drive.ts';
import type { Shape } from './levels.ts';
import type { World } from './person.ts';
import { settle, type Settled } from './settle.ts';
import type { Stage } from './stage.ts';
import { Tally } from './tally.ts';
import { Wire } from './wire.ts';

export interface PartyOptions {
  readonly stage: Stage;
  readonly shape: Shape;
  readonly seed: string;
  readonly log: (line: string) => void;
}

/** Calls under way at a time: more than an instance of the app holds. */
const sockets = 1000;

interface Made {
  readonly world: World;
  readonly wire: Wire;
  readonly tally: Tally;
  readonly crowd: Crowd;
  readonly closing: AbortController;
  /** What should not have happened, beside the promises. */
  readonly objections: readonly string[];
}

const lookMs = 2000;
/** Before that there is nothing in the inbox of somebody who is online: the delivery check is due after half a minute. */
const overdueMs = 20_000;
const looksAtOnce = 8;
/** Members of larger groups have no inbox rows for them. */
const inboxGroupSize = 100;

/**
 * An app looks into its inbox now and then. Here those only do for whom there is something that did not come live: it
 * leaves the machine to what is measured.
 */
const lookIntoInboxes = async ({ people }: Crowd, { closing, deliveries }: World): Promise<void> => {
  const members = people.filter(({ rooms }) =>
    rooms.some(({ memberIds }) => memberIds.length <= inboxGroupSize),
  );
  while (!closing.aborted) {
    await delay(lookMs, undefined, { ref: false });
    const overdue = deliveries.overdue(overdueMs);
    const waiting = members.filter(({ userId, device }) => device.isOnline && overdue.has(userId));
    await inParallel(
      waiting.length,
      looksAtOnce,
      (index) => waiting[index]?.takeInbox() ?? Promise.resolve(0),
    );
  }
};

/** People on a running system: made, driven, and held against the promises in the end. */
export class Party {
  readonly tally: Tally;
  readonly crowd: Crowd;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly #deeds: Deeds;
  readonly #options: PartyOptions;
  readonly #made: Made;

  private constructor(options: PartyOptions, made: Made) {
    this.#options = options;
    this.#made = made;
    this.tally = made.tally;
    this.crowd = made.crowd;
    this.recorder = made.world.recorder;
    this.random = new Random(options.seed).fork('deeds');
    this.#deeds = new Deeds(made.world, this.random);
  }

  /** Makes the people and their conversations; everybody is online then. */
  static async gather(options: PartyOptions): Promise<Party> {
    const { stage, shape, seed } = options;
    const [tally, recorder, closing] = [new Tally(), new Recorder(), new AbortController()];
    const objections: string[] = [];
    const { urls, settings } = stage.stack;
    const wire = new Wire(urls.functions, settings.AUTH_SIGNING_KEY ?? '', tally, sockets);
    const world: World = {
      ...{
        wire,
        recorder,
        deliveries: new Deliveries(tally),
        notes: new Set(),
        receiptSeconds: shape.receiptSeconds,
      },
      closing: closing.signal,
      object: (words) => objections.push(words),
    };
    const crowd = await gatherCrowd(shape, world, seed);
    void lookIntoInboxes(crowd, world);
    return new Party(options, { world, wire, tally, crowd, closing, objections });
  }

  /** @param rate messages per second */
  drive(rate: number, seconds: number, stopping?: AbortSignal): Promise<Driven> {
    const { crowd, random } = this;
    const { mix } = this.#options.shape;
    return drive({ crowd, deeds: this.#deeds, random, mix, rate, seconds, ...(stopping && { stopping }) });
  }

  /**
   * Waits until everybody has everything; says which promises were broken.
   * @param isOverload more was asked of the system than it can do
   */
  async settle(isOverload: boolean): Promise<Settled> {
    const { urls, settings } = this.#options.stage.stack;
    const { crowd, world, objections } = this.#made;
    const settled = await settle({
      ...{ crowd, world, deeds: this.#deeds, isOverload, log: this.#options.log },
      ...{ url: urls.functions, signingKey: settings.AUTH_SIGNING_KEY ?? '' },
    });
    const objected = objections.map((words) => ({ promise: 'as-it-should-be', words, at: 0 }));
    return { ...settled, violations: [...settled.violations, ...objected] };
  }

  /** Sends that were given up after many tries. */
  get givenUp(): number {
    return this.#deeds.givenUp;
  }

  leave(): void {
    this.#made.closing.abort();
    for (const { device } of [...this.crowd.people, this.crowd.stranger]) device.cut();
    this.#made.wire.close();
  }
}
