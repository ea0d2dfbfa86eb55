import type { MessageContent } from '../codec/content.ts';

/** Decides whether a subscription gets a message. */
export interface Filter {
  matches(content: MessageContent): boolean;
}

/** Changes the copy a subscription gets. */
export interface Action {
  apply(content: MessageContent): MessageContent;
}

export interface Rule {
  readonly name: string;
  readonly filter: Filter;
  readonly action: Action | undefined;
}

const everything: Filter = { matches: () => true };

/** What a new subscription has: a rule that lets everything through. */
export const defaultRule: Rule = { name: '$Default', filter: everything, action: undefined };
