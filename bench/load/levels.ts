import { type Mix, mattermost, talk } from './mix.ts';

/** Who is there, and what they do. */
export interface Shape {
  readonly users: number;
  /** Group conversations, and how many are in each. */
  readonly groups: number;
  readonly groupSize: number;
  /** Direct conversations. */
  readonly pairs: number;
  readonly mix: Mix;
  /** Messages per second; the rest of the mix goes with it. */
  readonly rate: number;
  readonly minutes: number;
  /** How often devices acknowledge what came. */
  readonly receiptSeconds: number;
}

export interface Level extends Shape {
  readonly title: string;
  readonly kind: 'steady' | 'knee' | 'soak' | 'storm';
  /** What it must keep, in ms, at the 95th or 99th percentile of sends and of deliveries. */
  readonly limit?: { readonly part: 'p95' | 'p99'; readonly ms: number };
}

export const levelNames = ['L0', 'L1', 'L2', 'L3', 'L4', 'L6', 'L7'] as const;
export type LevelName = (typeof levelNames)[number];

const small = { users: 200, groups: 40, groupSize: 5, pairs: 40, receiptSeconds: 2 };

/** L5, a long conversation, is `npm run bench -- --scenarios history,search,catch-up`. */
export const levels: Readonly<Record<LevelName, Level>> = {
  L0: {
    ...{ title: 'latency of one pair', kind: 'steady' },
    ...{ users: 2, groups: 0, groupSize: 2, pairs: 1, mix: talk, rate: 20, minutes: 1, receiptSeconds: 1 },
  },
  L1: {
    ...{ title: '50 users in 20 conversations', kind: 'steady', limit: { part: 'p95', ms: 200 } },
    ...{ users: 50, groups: 10, groupSize: 5, pairs: 10, mix: talk, rate: 50, minutes: 2, receiptSeconds: 1 },
  },
  L2: {
    ...{ title: '1,000 sockets, 200 groups of five', kind: 'steady', limit: { part: 'p99', ms: 1000 } },
    ...{ users: 1000, groups: 200, groupSize: 5, pairs: 0, mix: mattermost },
    ...{ rate: 10, minutes: 2, receiptSeconds: 5 },
  },
  L3: {
    ...{ title: 'up until it breaks', kind: 'knee' },
    ...{ ...small, mix: mattermost, rate: 8, minutes: 6 },
  },
  L4: {
    ...{ title: 'one group of 1,000', kind: 'steady', limit: { part: 'p99', ms: 1000 } },
    ...{
      users: 1000,
      groups: 1,
      groupSize: 1000,
      pairs: 0,
      mix: talk,
      rate: 5,
      minutes: 1,
      receiptSeconds: 5,
    },
  },
  L6: { title: 'soak', kind: 'soak', ...small, mix: mattermost, rate: 6, minutes: 60 },
  L7: {
    ...{ title: 'connections, and a storm', kind: 'storm' },
    ...{
      users: 1000,
      groups: 200,
      groupSize: 5,
      pairs: 0,
      mix: talk,
      rate: 5,
      minutes: 1,
      receiptSeconds: 5,
    },
  },
};
