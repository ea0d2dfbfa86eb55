import { type Allowance, isFlat, trendOf, warm } from './flatness.ts';
import type { Role, ServerState } from './sample.ts';
import type { Soak } from './soak.ts';

/** What one figure of one server does by the hour, and whether that is flat. */
export interface Finding {
  readonly role: Role;
  readonly figure: keyof ServerState;
  readonly level: number;
  readonly perHour: number;
  /** Undefined: it grows by what it stores, and is not judged. */
  readonly isFlat: boolean | undefined;
}

const allowances: Partial<Record<keyof ServerState, Allowance>> = {
  rss: { part: 0.15, least: 24 },
  heap: { part: 0.1, least: 4 },
  buffers: { part: 0.25, least: 4 },
  files: { part: 0.05, least: 8 },
  resources: { part: 0.05, least: 16 },
};

/** Storage in memory, and the notes of the load for the checker. */
const stores: readonly Role[] = ['azurite', 'load'];

/** What takes longer to fill than a third of a shorter run: the broker knows ids of messages for ten minutes. */
export const leastJudgedMinutes = 30;

/** How memory, files and timers of each server went after the first third of a soak. */
export const findings = ({ minutes }: Pick<Soak, 'minutes'>): Finding[] => {
  const rows = warm(minutes);
  const roles = Object.keys(rows[0]?.servers ?? {}) as Role[];
  return roles.flatMap((role) =>
    (Object.keys(allowances) as (keyof ServerState)[]).flatMap((figure) => {
      const points = rows
        .map(({ at, servers }) => ({ at: at / 3_600_000, value: servers[role]?.[figure] ?? NaN }))
        .filter(({ value }) => !Number.isNaN(value));
      const allowance = allowances[figure];
      if (points.length < 2 || allowance === undefined) return [];
      const trend = trendOf(points);
      return [
        {
          role,
          figure,
          ...trend,
          isFlat: stores.includes(role) && figure !== 'files' ? undefined : isFlat(trend, allowance),
        },
      ];
    }),
  );
};
