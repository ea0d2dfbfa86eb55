import type { PromiseName } from './check.ts';

/** Which of the promises of docs/reliability.md each check holds. */
export const promiseNumbers: Readonly<Record<PromiseName, number>> = {
  'accepted-is-kept': 1,
  'kept-once': 1,
  'poison-is-parked': 1,
  'no-holes': 2,
  'sends-keep-order': 2,
  'one-order': 2,
  'live-as-kept': 2,
  'rev-without-holes': 2,
  'changes-once': 2,
  'changes-make-history': 2,
  'last-edit-stands': 2,
  'unread-exact': 3,
  'watermarks-rise': 3,
  'members-only': 4,
  'away-is-hidden': 4,
  'members-agree': 4,
  'inbox-once': 5,
  'devices-show-history': 5,
  'receivers-converge': 6,
  'converges-in-time': 6,
  'guests-converge': 6,
  'acknowledged-is-gone': 6,
  'deleted-is-gone': 7,
};
