import { check, type Violation } from './check.ts';
import { type Arrival, arrivals } from './checks/convergence.ts';
import type { Strike } from './nemesis.ts';
import type { Recorder } from './recorder.ts';

export interface Outcome {
  strikes: Strike[];
  accepted: number;
  /** Messages given to their receivers, by the way they came. */
  shown: { live: number; inbox: number; history: number };
  deleted: number;
  /** Edits, reactions, pins, deletions, members: those that were accepted. */
  changed: number;
  /** Messages and changes that were accepted and then refused. */
  refused: number;
  stays: number;
  reads: number;
  /** How late everything came that was accepted; the latest first. */
  arrivals: Arrival[];
  /** The message that waited longest from its first try to its 202, and how its tries ended. */
  slowestSend: { ms: number; tries: string[] };
  violations: Violation[];
  /** Folder of the services' logs, kept when a promise was broken. */
  logs: string;
}

const slowest = ({ history }: Recorder): Outcome['slowestSend'] =>
  history.sent
    .map(({ begunAt, tries, accepted }) => ({
      ms: (accepted[0]?.at ?? 0) - begunAt,
      tries: tries.map(({ at, outcome }) => `${outcome} after ${at - begunAt} ms`),
    }))
    .reduce((most, one) => (one.ms > most.ms ? one : most), { ms: 0, tries: [] });

/** What a campaign comes to. */
export const summary = (recorder: Recorder): Omit<Outcome, 'strikes' | 'logs'> => {
  const { history } = recorder;
  const count = (by: keyof Outcome['shown']): number =>
    history.shown.filter((shown) => shown.by === by).length;
  return {
    accepted: recorder.acceptedCount,
    shown: { live: count('live'), inbox: count('inbox'), history: count('history') },
    deleted: history.deleted.length,
    changed: history.asked.filter(({ accepted }) => accepted).length,
    refused: new Set(
      history.refusals.map(
        (one) => one.changeId ?? `${one.userId} ${one.conversationId} ${one.clientMessageId ?? ''}`,
      ),
    ).size,
    stays: history.stays.length,
    reads: history.reads.length,
    arrivals: arrivals(history).sort((a, b) => b.lateMs - a.lateMs),
    slowestSend: slowest(recorder),
    violations: check(history),
  };
};
