/** Types of the values in a filter, by the names that error messages use. */
export type ValueType = 'null' | 'bool' | 'string' | 'int' | 'collection';

/** What a filter can ask about a connection. */
export interface FilterSubject {
  readonly connectionId: string;
  readonly userId: string | null;
  readonly groups: ReadonlySet<string>;
  readonly subprotocol: string | null;
}

/** Whether a connection is meant. */
export type Filter = (subject: FilterSubject) => boolean;
