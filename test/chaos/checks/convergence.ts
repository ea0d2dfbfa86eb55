import type { FaultPeriod, History, Sent } from '../history.ts';
import { aboutSent, type Check, time } from './evidence.ts';

/** Everybody has everything so long after a fault's end at the latest. */
export const convergenceLimitMs = 45_000;

/** How long periods cover a span, which two that overlap cover once. @param periods by their beginnings */
const covered = (periods: readonly FaultPeriod[], from: number, to: number): number => {
  let [sum, done] = [0, from];
  for (const { at, endedAt } of periods) {
    if (at >= to) break;
    const [begin, end] = [Math.max(at, done), Math.min(endedAt, to)];
    if (end <= begin) continue;
    sum += end - begin;
    done = end;
  }
  return sum;
};

/** One message on its way to one user. */
export interface Arrival {
  sent: Sent;
  userId: string;
  /** The fault at whose end the clock began; undefined: the message was accepted behind the last one. */
  fault: FaultPeriod | undefined;
  /** When it was first there, whichever way it came. */
  shownAt: number;
  /** From the fault's end, or the 202, until then, less the time for which other faults lasted meanwhile. */
  lateMs: number;
}

/**
 * How late everything that was accepted came to whom it is for. The clock begins at the end of the first fault that ends
 * at or after the 202; it stands still while another fault lasts, and goes on while what that has ended starts again. Of a
 * user with several ways (live, inbox, history) the first counts. What never came is another promise's business.
 */
export const arrivals = ({ sent, shown, faults }: Pick<History, 'sent' | 'shown' | 'faults'>): Arrival[] => {
  const first = new Map<string, number>();
  for (const { userId, messageId, arrivedAt } of shown) {
    const name = `${userId} ${messageId}`;
    first.set(name, Math.min(first.get(name) ?? Infinity, arrivedAt));
  }
  const periods = faults.toSorted((a, b) => a.at - b.at);
  const byEnd = faults.toSorted((a, b) => a.endedAt - b.endedAt);
  return sent.flatMap((one) => {
    const [accepted] = one.accepted;
    if (!accepted) return [];
    const fault = byEnd.find(({ endedAt }) => endedAt >= accepted.at);
    const from = fault?.endedAt ?? accepted.at;
    const later = periods.filter(({ endedAt }) => endedAt > from);
    return one.receiverIds.flatMap((userId): Arrival[] => {
      const shownAt = first.get(`${userId} ${accepted.messageId}`);
      if (shownAt === undefined) return [];
      const lateMs = Math.max(0, shownAt - from - covered(later, from, shownAt));
      return [{ sent: one, userId, fault, shownAt, lateMs }];
    });
  });
};

export const convergesInTime: Check = function* (evidence) {
  for (const { sent, userId, fault, shownAt, lateMs } of arrivals(evidence))
    if (lateMs > convergenceLimitMs)
      yield {
        at: fault?.at ?? sent.begunAt,
        words:
          `Late: ${userId} had ${aboutSent(sent)} at ${time(shownAt)}, ${(lateMs / 1000).toFixed(1)} s of nothing failing ` +
          (fault
            ? `after "${fault.name}" ended at ${time(fault.endedAt)}.`
            : 'after its 202, with no fault behind it.'),
      };
};
