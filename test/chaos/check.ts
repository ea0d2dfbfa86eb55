import {
  changesMakeTheHistory,
  changesOnce,
  devicesShowTheHistory,
  lastEditStands,
  revsWithoutHoles,
} from './checks/changes.ts';
import { convergesInTime } from './checks/convergence.ts';
import { type Check, type Finding, indexed } from './checks/evidence.ts';
import { awayIsHidden, guestsConverge, membersAgree } from './checks/guests.ts';
import { acceptedIsKept, keptOnce, noHoles, oneOrder, poisonIsParked, sendsKeepOrder } from './checks/log.ts';
import { acknowledgedIsGone, inboxOnce, liveAsKept, receiversConverge } from './checks/reach.ts';
import { deletedIsGone, membersOnly } from './checks/secrecy.ts';
import { unreadExact, watermarksRise } from './checks/standing.ts';
import type { History } from './history.ts';

/** What the pipeline promises, in the order in which it is checked. */
export const promises = {
  'accepted-is-kept': 'Every 202 is in the history, or was told to be refused.',
  'kept-once': 'A message is in the history once, however often it was sent, and as it was sent.',
  'no-holes': 'seq runs from 1 to the head without a hole or a repeat.',
  'sends-keep-order': 'Awaited sends of one sender keep their order.',
  'one-order': 'All members read one history.',
  'live-as-kept': 'What reaches a user is what the history has at that place.',
  'inbox-once': 'The inbox has a message once.',
  'acknowledged-is-gone': 'What was acknowledged is never returned by the inbox again.',
  'receivers-converge':
    'Every message reaches whom it is for, live or through the inbox, and counts as delivered.',
  'converges-in-time':
    'Within 45 s of a fault’s end everybody has all that was accepted before, live or through the inbox.',
  'unread-exact':
    'The unread count is the number of messages of others behind the place up to which was read.',
  'watermarks-rise': 'What was read stays read; what is read is delivered, and no more than there is.',
  'poison-is-parked': 'What can never be worked off is put aside.',
  'members-only': 'Nobody outside a conversation is told anything of it, 5 s after leaving at the latest.',
  'away-is-hidden': 'What was said while somebody was away, that one never sees; all else, yes.',
  'guests-converge': 'Who has joined is given all that is said from then on.',
  'members-agree': 'All members read the same members.',
  'rev-without-holes': 'rev runs from 1 to the head without a hole or a repeat.',
  'changes-once': 'Every change that was accepted is in the changes once, or refused; nobody else’s is.',
  'changes-make-history': 'What the changes say, one after the other, is what the history shows.',
  'last-edit-stands': 'Of several edits the last stands.',
  'devices-show-history': 'A device that has followed everything shows what one shows that has just read it.',
  'deleted-is-gone': 'What was deleted is not shown again once it was gone.',
} as const;

export type PromiseName = keyof typeof promises;

/** A broken promise. */
export interface Violation extends Finding {
  promise: PromiseName;
}

const checks: Record<PromiseName, Check> = {
  'accepted-is-kept': acceptedIsKept,
  'kept-once': keptOnce,
  'no-holes': noHoles,
  'sends-keep-order': sendsKeepOrder,
  'one-order': oneOrder,
  'live-as-kept': liveAsKept,
  'inbox-once': inboxOnce,
  'acknowledged-is-gone': acknowledgedIsGone,
  'receivers-converge': receiversConverge,
  'converges-in-time': convergesInTime,
  'unread-exact': unreadExact,
  'watermarks-rise': watermarksRise,
  'poison-is-parked': poisonIsParked,
  'members-only': membersOnly,
  'away-is-hidden': awayIsHidden,
  'guests-converge': guestsConverge,
  'members-agree': membersAgree,
  'rev-without-holes': revsWithoutHoles,
  'changes-once': changesOnce,
  'changes-make-history': changesMakeTheHistory,
  'last-edit-stands': lastEditStands,
  'devices-show-history': devicesShowTheHistory,
  'deleted-is-gone': deletedIsGone,
};

/** Holds what clients did and saw against the promises. @returns every violation, by promise in the order of `promises` */
export const check = (history: History): Violation[] => {
  const evidence = indexed(history);
  return (Object.keys(checks) as PromiseName[]).flatMap((promise) =>
    [...checks[promise](evidence)].map((violation) => ({ promise, ...violation })),
  );
};
