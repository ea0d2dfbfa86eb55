/** Log levels of the Functions host, from the most to the least talkative. */
const levels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;
export type LogLevel = (typeof levels)[number];

export interface LogEntry {
  level: LogLevel;
  /** Dotted name: `Host.Startup`, `Function.sendMessage`, `Function.sendMessage.User`. */
  category: string;
  message: string;
  /** The invocation that was running, where one was. */
  invocationId?: string;
}

export type LogSink = (entry: LogEntry) => void;

/** The level of that name, whatever its case, or undefined. */
export function parseLogLevel(text: unknown): LogLevel | undefined {
  if (typeof text !== 'string') return undefined;
  const wanted = text.toLowerCase();
  return levels.find((level) => level === wanted);
}

/** `atLeast('error', 'warning')`: whether a level is as severe as another. */
export function atLeast(level: LogLevel, threshold: LogLevel): boolean {
  return levels.indexOf(level) >= levels.indexOf(threshold);
}

/**
 * Writes what `host.json` `logging.logLevel` lets through. As in .NET's logging the longest category prefix wins and
 * `default` covers the rest; what a category may write is looked up once.
 */
export class HostLog {
  readonly #filters: Map<string, LogLevel>;
  readonly #sink: LogSink;
  readonly #thresholds = new Map<string, LogLevel>();

  constructor(filters: Map<string, LogLevel>, sink: LogSink) {
    this.#filters = filters;
    this.#sink = sink;
  }

  /** Whether a line would be written; ask before building a costly message. */
  enabled(level: LogLevel, category: string): boolean {
    let threshold = this.#thresholds.get(category);
    if (threshold === undefined) {
      threshold = this.#thresholdOf(category);
      this.#thresholds.set(category, threshold);
    }
    return threshold !== 'none' && atLeast(level, threshold);
  }

  write(level: LogLevel, category: string, message: string, invocationId?: string): void {
    if (!this.enabled(level, category)) return;
    this.#sink({ level, category, message, ...(invocationId === undefined ? {} : { invocationId }) });
  }

  #thresholdOf(category: string): LogLevel {
    let longest = '';
    let threshold = this.#filters.get('default') ?? 'information';
    for (const [prefix, level] of this.#filters) {
      const covers = category === prefix || category.startsWith(`${prefix}.`);
      if (covers && prefix.length > longest.length) [longest, threshold] = [prefix, level];
    }
    return threshold;
  }
}

/** One line of text for an entry: time, level, category, message and, for a function's own lines, the invocation. */
export function formatLogEntry(entry: LogEntry, at: Date): string {
  const level = entry.level === 'information' ? 'info' : entry.level;
  const invocation = entry.invocationId === undefined ? '' : ` (Id=${entry.invocationId})`;
  return `[${at.toISOString()}] ${level} ${entry.category}: ${entry.message}${invocation}`;
}
