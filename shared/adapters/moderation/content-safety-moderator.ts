import { ChatError } from '../../domain/errors.ts';
import type { RejectionReason } from '../../domain/moderation.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Moderator, Submission, Verdict } from '../../ports/moderator.ts';
import {
  NoAnswer,
  type contentSafetyClient,
  type HarmCategory,
  type Severities,
} from './content-safety-client.ts';

export interface ContentSafetySettings {
  /** From which severity on (2, 4 or 6) a text is refused; a category that is left out is not asked for. */
  thresholds: Partial<Record<HarmCategory, number>>;
  /** For a text, with all tries. */
  timeoutMs: number;
  /** What becomes of a text when there is no answer. */
  onFailure: 'allow' | 'reject';
  /** Told why there was no answer; never of the text. */
  report: (reason: string) => void;
}

const reasons: Record<HarmCategory, { reason: RejectionReason; detail: string }> = {
  Hate: { reason: 'hate', detail: 'The text seems to express hate.' },
  Sexual: { reason: 'sexual', detail: 'The text seems to be sexual.' },
  SelfHarm: { reason: 'self-harm', detail: 'The text seems to be about self-harm.' },
  Violence: { reason: 'violence', detail: 'The text seems to be violent.' },
};

/** UTF-16 units that one call takes, and how many of a part are seen with the next one as well. */
const [maxLength, overlap] = [10_000, 200];

/** After so many failures in a row nobody is asked for a while: each would cost its sender the whole time-out. */
const [maxFailures, pauseMs] = [3, 10_000];

/** No part begins or ends within a surrogate pair. */
const isWithinPair = (text: string, at: number): boolean =>
  /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));

/** A text in parts that the service takes. What stands where one ends is whole in another. */
export const partsOf = (text: string): string[] => {
  const parts: string[] = [];
  for (let start = 0; ;) {
    let end = Math.min(text.length, start + maxLength);
    if (isWithinPair(text, end)) end--;
    parts.push(text.slice(start, end));
    if (end === text.length) return parts;
    start = end - overlap;
    if (isWithinPair(text, start)) start--;
  }
};

/**
 * Asks Azure AI Content Safety about texts: refuses those that are too severe in a category. A call that fails and may
 * succeed is made once more if there is time left. Neither texts nor keys are ever told to anybody else.
 */
export class ContentSafetyModerator implements Moderator {
  readonly #analyze: ReturnType<typeof contentSafetyClient>;
  readonly #timer: Timer;
  readonly #settings: ContentSafetySettings;
  readonly #categories: readonly HarmCategory[];
  #failures = 0;
  #pausedUntil = 0;

  constructor(
    analyze: ReturnType<typeof contentSafetyClient>,
    timer: Timer,
    settings: ContentSafetySettings,
  ) {
    this.#analyze = analyze;
    this.#timer = timer;
    this.#settings = settings;
    this.#categories = Object.keys(settings.thresholds) as HarmCategory[];
  }

  async review({ text }: Submission): Promise<Verdict> {
    if (text.trim() === '') return { allowed: true };
    if (this.#now() < this.#pausedUntil) return this.#withoutAnswer();
    const end = new AbortController();
    const timeout = setTimeout(() => end.abort(), this.#settings.timeoutMs);
    const latest = this.#now() + this.#settings.timeoutMs;
    try {
      const tries = partsOf(text).map((part) => this.#ask(part, end.signal, latest));
      return this.#judge(await Promise.allSettled(tries));
    } finally {
      clearTimeout(timeout);
    }
  }

  async #ask(part: string, signal: AbortSignal, latest: number): Promise<Severities> {
    try {
      return await this.#analyze(part, this.#categories, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.retrySeconds === undefined) throw error;
      const waitMs = error.retrySeconds * 1000;
      if (signal.aborted || this.#now() + waitMs >= latest) throw error;
      if (waitMs > 0) await this.#timer.sleep(waitMs);
      return this.#analyze(part, this.#categories, signal);
    }
  }

  /** One part that is refused is enough, whatever became of the others. */
  #judge(outcomes: readonly PromiseSettledResult<Severities>[]): Verdict {
    for (const outcome of outcomes) {
      const severities = outcome.status === 'fulfilled' ? outcome.value : new Map<string, number>();
      for (const category of this.#categories)
        if ((severities.get(category) ?? 0) >= (this.#settings.thresholds[category] ?? Infinity))
          return { allowed: false, ...reasons[category] };
    }
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) {
      this.#failures = 0;
      return { allowed: true };
    }
    if (!(failed.reason instanceof NoAnswer)) throw failed.reason;
    this.#settings.report(failed.reason.message);
    if (++this.#failures >= maxFailures) this.#pausedUntil = this.#now() + pauseMs;
    return this.#withoutAnswer();
  }

  #withoutAnswer(): Verdict {
    if (this.#settings.onFailure === 'allow') return { allowed: true };
    throw new ChatError('unavailable', 'The text cannot be checked just now.', { retryAfterSeconds: 2 });
  }

  #now(): number {
    return this.#timer.now().getTime();
  }
}
