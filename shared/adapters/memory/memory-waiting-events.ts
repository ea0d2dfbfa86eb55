import { ChatError } from '../../domain/errors.ts';
import type { Lane, LaneName, WaitingEvent, WaitingEvents, WakeUp } from '../../ports/waiting-events.ts';

interface Stored {
  lane: Lane;
  events: WaitingEvent[];
}

type Kept = Omit<WaitingEvent, 'place'>;

const overtaken = (): ChatError =>
  new ChatError('unavailable', 'Another came first.', { retryAfterSeconds: 1 });
const keyOf = ({ webhookId, conversationId }: LaneName): string => `${webhookId}|${conversationId}`;

/** Waiting events of one process, for tests. */
export class MemoryWaitingEvents implements WaitingEvents {
  readonly #lanes = new Map<string, Stored>();
  #version = 0;

  find(name: LaneName): Promise<Lane | undefined> {
    const lane = this.#lanes.get(keyOf(name))?.lane;
    return Promise.resolve(lane && { ...lane });
  }

  open({ webhookId, conversationId }: LaneName, kept: Kept, wakeUp: WakeUp): Promise<void> {
    const key = keyOf({ webhookId, conversationId });
    if (this.#lanes.has(key)) return Promise.reject(overtaken());
    const lane = {
      ...{ webhookId, conversationId, wakeUp, lastEventId: kept.event.id },
      ...{ nextPlace: 2, version: String(++this.#version) },
    };
    this.#lanes.set(key, { lane, events: [{ ...kept, place: 1 }] });
    return Promise.resolve();
  }

  append(lane: Lane, kept: Kept): Promise<void> {
    return this.#change(lane, (stored) => {
      stored.events.push({ ...kept, place: stored.lane.nextPlace++ });
      stored.lane.lastEventId = kept.event.id;
    });
  }

  first(lane: Lane, limit: number): Promise<WaitingEvent[]> {
    return Promise.resolve(this.#lanes.get(keyOf(lane))?.events.slice(0, limit) ?? []);
  }

  settle(lane: Lane, places: readonly number[], wakeUp: WakeUp | null): Promise<void> {
    return this.#change(lane, (stored) => {
      stored.events = stored.events.filter(({ place }) => !places.includes(place));
      if (wakeUp) stored.lane.wakeUp = wakeUp;
      else this.#lanes.delete(keyOf(lane));
    });
  }

  #change(lane: Lane, change: (stored: Stored) => void): Promise<void> {
    const stored = this.#lanes.get(keyOf(lane));
    if (stored?.lane.version !== lane.version) return Promise.reject(overtaken());
    change(stored);
    stored.lane.version = String(++this.#version);
    return Promise.resolve();
  }
}
