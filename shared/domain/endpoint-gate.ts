/** Calls to one endpoint at once, from one instance: so many of its workers it may hold. */
const maxCalls = 16;
/** Calls in a row without an answer, after which only one at a time finds out whether there is one again. */
const maxSilent = 5;
const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;
/** Until somebody looks again who found no room. */
const roomMs = 5_000;

interface State {
  calls: number;
  silent: number;
  pausedUntil: number;
}

/**
 * Keeps an endpoint that is slow or dead from holding the workers that others need. Each instance has its own: it guards
 * the instance's workers, and order does not depend on it.
 */
export class EndpointGate {
  readonly #states = new Map<string, State>();

  /** Whether a call may begin, which then must `end`; if not, in how many ms to ask again. */
  begin(webhookId: string, now: number): { mayCall: true } | { mayCall: false; waitMs: number } {
    const state = this.#states.get(webhookId) ?? { calls: 0, silent: 0, pausedUntil: 0 };
    if (state.pausedUntil > now) return { mayCall: false, waitMs: state.pausedUntil - now };
    if (state.calls >= (state.silent >= maxSilent ? 1 : maxCalls)) return { mayCall: false, waitMs: roomMs };
    state.calls++;
    this.#states.set(webhookId, state);
    return { mayCall: true };
  }

  end(webhookId: string, hasAnswered: boolean, now: number): void {
    const state = this.#states.get(webhookId);
    if (!state) return;
    state.calls--;
    state.silent = hasAnswered ? 0 : state.silent + 1;
    const doublings = Math.max(0, Math.min(state.silent - maxSilent, 10));
    state.pausedUntil =
      state.silent < maxSilent ? 0 : now + Math.min(firstPauseMs * 2 ** doublings, longestPauseMs);
    if (state.calls === 0 && state.silent === 0) this.#states.delete(webhookId);
  }
}
