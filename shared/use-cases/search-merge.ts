import type { LoggedMessage } from '../domain/message.ts';
import { maxOpenConversations, type SearchPosition, type SearchState } from './search-cursor.ts';
import type { SearchSource } from './search-source.ts';

/**
 * What one request may cost besides the messages that it answers, in rows read or written whole. The round that goes
 * beyond it is finished.
 */
const maxCost = 32;

/** Conversations that are searched at once. */
const concurrency = 8;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Newest first; of the same time those that need no more work. */
const byTime = (a: SearchSource, b: SearchSource): number =>
  compare(b.at, a.at) || Number(a.next === undefined) - Number(b.next === undefined);

/** The messages that a search is for in several conversations, newest first among those that are open. */
export class SearchMerge {
  readonly #begin: (position: SearchPosition) => SearchSource | undefined;
  #open: SearchSource[];
  /** Conversations whose turn is still to come, in its order. */
  readonly #waiting: SearchPosition[];
  #begun: SearchState['begun'];

  /** @param begin makes the source for a position; undefined where there is nothing (any more) for who searches */
  constructor(
    begin: (position: SearchPosition) => SearchSource | undefined,
    { open, begun }: Pick<SearchState, 'open' | 'begun'>,
    waiting: readonly SearchPosition[],
  ) {
    this.#begin = begin;
    this.#open = open.map(begin).filter((source) => source !== undefined);
    this.#waiting = [...waiting];
    this.#begun = begun;
  }

  /** As many of the next messages as are asked for and can be had at the cost. */
  async take(limit: number): Promise<LoggedMessage[]> {
    const messages: LoggedMessage[] = [];
    let cost = 0;
    this.#fill();
    while (messages.length < limit && this.#open.length > 0) {
      const sources = this.#open.toSorted(byTime);
      const message = sources[0]?.take();
      if (message) messages.push(message);
      else if (cost < maxCost + limit) cost += await advance(sources);
      else break;
      this.#fill();
    }
    return messages;
  }

  /** Where the search has to go on; undefined when it is at its end. */
  get rest(): Pick<SearchState, 'open' | 'begun'> | undefined {
    if (this.#open.length === 0) return undefined;
    return {
      open: this.#open.map(({ position }) => position),
      begun: this.#waiting.length > 0 ? this.#begun : null,
    };
  }

  /** As many as may be open are, so that what is newer in one of them comes before what is older in another. */
  #fill(): void {
    this.#open = this.#open.filter(({ isDone }) => !isDone);
    while (this.#open.length < maxOpenConversations) {
      const position = this.#waiting.shift();
      if (!position) return;
      this.#begun = position;
      const source = this.#begin(position);
      if (source) this.#open.push(source);
    }
  }
}

/** The first is waited for; the others next to it probably will be. */
const advance = async (sources: readonly SearchSource[]): Promise<number> => {
  const searching = sources.filter(({ next }) => next === undefined).slice(0, concurrency);
  const costs = await Promise.all(searching.map((source) => source.advance()));
  return costs.reduce((sum, cost) => sum + cost, 0);
};
