import type { MessageContent } from '../codec/content.ts';
import type { TypedValue } from '../codec/values.ts';

/** Fields a correlation filter can ask for, by the names of the configuration file. */
export const correlationFields = [
  'CorrelationId',
  'MessageId',
  'To',
  'ReplyTo',
  'Label',
  'SessionId',
  'ReplyToSessionId',
  'ContentType',
] as const;
export type CorrelationField = (typeof correlationFields)[number];

export type FilterDescription =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'sql'; readonly expression: string }
  | {
      readonly kind: 'correlation';
      readonly fields: Readonly<Partial<Record<CorrelationField, string>>>;
      /** Application properties that must be there with these values. */
      readonly properties: ReadonlyMap<string, TypedValue>;
    };

/** A rule as a client wrote it. */
export interface RuleDescription {
  readonly name: string;
  readonly filter: FilterDescription;
  /** SQL statements, if the copy is to be changed. */
  readonly action: string | undefined;
}

/** Decides whether a subscription gets a message, and changes the copy it gets. */
export interface Rule {
  readonly description: RuleDescription;
  matches(content: MessageContent): boolean;
  apply(content: MessageContent): MessageContent;
}

/** What a new subscription has: a rule that lets everything through. */
export const defaultRule: RuleDescription = { name: '$Default', filter: { kind: 'true' }, action: undefined };
