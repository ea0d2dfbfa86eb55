import type { RegisteredFunction } from './core-api.ts';
import type { Invocation } from './invocation.ts';
import type { LogLevel } from './log.ts';

/** Who is told of invocations, to show them to a person; nothing depends on it. */
export interface Witness {
  /** Runs the work of an invocation and tells it what becomes of it. */
  begin<T>(fn: RegisteredFunction, id: string, call: Invocation, work: () => Promise<T>): Promise<T>;
  /** A line that the app has logged. */
  logged(id: string, level: LogLevel, message: string): void;
}
