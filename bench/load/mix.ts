/** What a person does. */
export type Deed =
  | 'switch channel'
  | 'scroll'
  | 'send'
  | 'unread check'
  | 'react'
  | 'reconnect'
  | 'edit'
  | 'search'
  | 'delete'
  | 'type';

/** How often each deed is done, relative to the others. */
export type Mix = Readonly<Partial<Record<Deed, number>>>;

/** As Mattermost's load test has it (load-test-ng, commit 784dbc17); typing is ours. */
export const mattermost: Mix = {
  'switch channel': 6.52,
  scroll: 1.99,
  send: 1,
  'unread check': 1,
  react: 0.13,
  reconnect: 0.144,
  edit: 0.04,
  search: 0.022,
  delete: 0.005,
  type: 0.5,
};

/** Messages and typing only; receipts come with them. */
export const talk: Mix = { send: 1, type: 0.2 };

const sumOf = (mix: Mix): number => Object.values(mix).reduce((sum, weight) => sum + weight, 0);

/** Deeds per second that go with so many messages per second. */
export const deedsPerSecond = (mix: Mix, messagesPerSecond: number): number =>
  (messagesPerSecond * sumOf(mix)) / (mix.send ?? 1);

/** @param chance 0 ≤ x < 1 */
export const chooseDeed = (mix: Mix, chance: number): Deed => {
  let left = chance * sumOf(mix);
  for (const [deed, weight] of Object.entries(mix)) {
    left -= weight;
    if (left < 0) return deed as Deed;
  }
  return 'send';
};
