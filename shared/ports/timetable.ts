/** Which things have to be looked at when, so that what is due is found without reading what is not. */
export interface Timetable<T extends { at: string }> {
  /** Notes when something is due; noting it again changes nothing. @throws ChatError `unavailable` */
  note(entry: T): Promise<void>;

  /** What was due before a time, in pages of at most 1,000. @throws ChatError `unavailable` */
  due(before: Date): AsyncIterable<T[]>;

  /** Forgets what was looked at; what is gone already stays gone. @throws ChatError `unavailable` */
  done(entries: readonly T[]): Promise<void>;
}
