import { AsyncLocalStorage } from 'node:async_hooks';
import { Recent } from '../../inspection/recent.ts';
import type { RegisteredFunction } from '../core-api.ts';
import type { Invocation } from '../invocation.ts';
import type { LogLevel } from '../log.ts';
import type { InvocationResponse } from '../rpc-data.ts';
import type { Witness } from '../witness.ts';

const keptInvocations = 1000;
const maxLines = 100;
const maxLineLength = 4000;
const maxCalls = 100;

/** A line that the app logged. */
export interface Line {
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** A request that the app made meanwhile. */
export interface OutgoingCall {
  readonly at: number;
  readonly method: string;
  /** Without the query: it may hold signatures. */
  readonly target: string;
  status?: number | string;
  ms?: number;
}

/** What is kept of an invocation. */
export interface InvocationRecord {
  readonly id: string;
  readonly functionName: string;
  readonly call: Pick<Invocation, 'reason' | 'about' | 'traceParent'>;
  readonly startedAt: number;
  ms?: number;
  outcome: 'running' | 'succeeded' | 'failed';
  httpStatus?: number;
  error?: string;
  readonly lines: Line[];
  readonly calls: OutgoingCall[];
}

interface Totals {
  running: number;
  succeeded: number;
  failed: number;
}

/** The last invocations of this process, with what they logged and whom they called. */
export class Invocations implements Witness {
  readonly recent = new Recent<InvocationRecord>(keptInvocations);
  readonly #byId = new Map<string, InvocationRecord>();
  readonly #totals = new Map<string, Totals>();
  readonly #current = new AsyncLocalStorage<InvocationRecord>();

  async begin<T>(fn: RegisteredFunction, id: string, call: Invocation, work: () => Promise<T>): Promise<T> {
    const { reason, about, traceParent } = call;
    const record: InvocationRecord = {
      id,
      functionName: fn.name,
      call: { reason, about, traceParent },
      startedAt: Date.now(),
      outcome: 'running',
      lines: [],
      calls: [],
    };
    const totals = this.totals(fn.name);
    totals.running++;
    this.#byId.set(id, record);
    this.recent.add(record);
    const startedAt = performance.now();
    try {
      const result = await this.#current.run(record, work);
      record.outcome = 'succeeded';
      const status = (result as InvocationResponse | undefined)?.returnValue?.http?.statusCode;
      if (status !== undefined) record.httpStatus = Number(status);
      return result;
    } catch (error) {
      record.outcome = 'failed';
      record.error = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(
        0,
        maxLineLength,
      );
      throw error;
    } finally {
      record.ms = performance.now() - startedAt;
      totals.running--;
      if (record.outcome === 'failed') totals.failed++;
      else totals.succeeded++;
      this.#byId.delete(id);
      this.recent.changed();
    }
  }

  logged(id: string, level: LogLevel, message: string): void {
    const record = this.#byId.get(id);
    if (record === undefined || record.lines.length >= maxLines) return;
    const text = message.length > maxLineLength ? `${message.slice(0, maxLineLength)}…` : message;
    record.lines.push({ at: Date.now(), level, message: text });
  }

  /** How often a function ran since the start. */
  totals(functionName: string): Totals {
    let totals = this.#totals.get(functionName);
    if (totals === undefined)
      this.#totals.set(functionName, (totals = { running: 0, succeeded: 0, failed: 0 }));
    return totals;
  }

  /** Notes a request that the invocation under way makes. */
  outgoing(method: string, target: string): OutgoingCall | undefined {
    const record = this.#current.getStore();
    if (record === undefined || record.calls.length >= maxCalls) return undefined;
    const call: OutgoingCall = { at: Date.now(), method, target };
    record.calls.push(call);
    return call;
  }

  /** The trace that the invocation under way belongs to. */
  currentTraceId(): string | undefined {
    const record = this.#current.getStore();
    return record === undefined ? undefined : traceIdOf(record);
  }
}

/** A message's trace is what its sender put into its correlation id, where that is one; otherwise the caller's. */
export function traceIdOf({
  call: { about, traceParent },
}: Pick<InvocationRecord, 'call'>): string | undefined {
  const correlationId = about?.message?.correlationId;
  if (correlationId !== undefined && /^[0-9a-f]{32}$/.test(correlationId)) return correlationId;
  return traceParent?.split('-')[1];
}
