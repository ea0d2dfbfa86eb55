import { type Summary, summarize } from '../statistics.ts';

interface Kind {
  readonly times: number[];
  readonly answers: Map<string, number>;
}

/** Times of one kind of call, and how its answers were. */
export interface KindSummary extends Summary {
  readonly kind: string;
  readonly answers: Readonly<Record<string, number>>;
}

const slice = (times: readonly number[], from: number): readonly number[] =>
  from === 0 ? times : times.slice(from);

/** Where a tally was. */
export type Mark = ReadonlyMap<
  string,
  { readonly times: number; readonly answers: ReadonlyMap<string, number> }
>;

/** Counts calls by kind: how long each took, in ms, and its status, or why it had none. */
export class Tally {
  readonly #kinds = new Map<string, Kind>();

  took(kind: string, ms: number): void {
    this.#kind(kind).times.push(ms);
  }

  answered(kind: string, answer: string): void {
    const { answers } = this.#kind(kind);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }

  mark(): Mark {
    return new Map(
      [...this.#kinds].map(([name, { times, answers }]) => [
        name,
        { times: times.length, answers: new Map(answers) },
      ]),
    );
  }

  /** What came since a mark; all without one. */
  since(mark: Mark = new Map()): KindSummary[] {
    return [...this.#kinds]
      .map(([kind, { times, answers }]) => {
        const before = mark.get(kind);
        const counts = [...answers].map(
          ([answer, count]) => [answer, count - (before?.answers.get(answer) ?? 0)] as const,
        );
        return {
          kind,
          ...summarize(slice(times, before?.times ?? 0)),
          answers: Object.fromEntries(counts.filter(([, count]) => count > 0)),
        };
      })
      .filter(({ count, answers }) => count > 0 || Object.keys(answers).length > 0);
  }

  #kind(name: string): Kind {
    let kind = this.#kinds.get(name);
    if (kind === undefined) this.#kinds.set(name, (kind = { times: [], answers: new Map() }));
    return kind;
  }
}

/** @returns how many answers there were, and how many of them were 5xx or none at all */
export const failures = (
  kinds: readonly KindSummary[],
): { answers: number; failed: number; refused: number } => {
  // How a delivery came is no answer.
  const all = kinds.flatMap(({ kind, answers }) => (kind === 'delivery' ? [] : Object.entries(answers)));
  const count = (matches: (answer: string) => boolean): number =>
    all.reduce((sum, [answer, times]) => sum + (matches(answer) ? times : 0), 0);
  return {
    answers: count(() => true),
    failed: count((answer) => !/^[234]\d\d$/.test(answer)),
    refused: count((answer) => answer === '429' || answer === '503'),
  };
};
