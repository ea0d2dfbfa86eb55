import {
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type SpanContext,
} from '@opentelemetry/api';
import { ChatError } from '../../shared/domain/errors.ts';
import { startApplicationInsights } from './application-insights.ts';
import type { Counter, Measure, Stage, TelemetrySettings } from './stages.ts';

const scope = 'parley';

const counterNames: Record<Counter, string> = {
  accepted: 'parley.messages.accepted',
  delivered: 'parley.messages.delivered',
  rejected: 'parley.messages.rejected',
  throttled: 'parley.requests.throttled',
  'dead-letters': 'parley.dead_letters',
};

const measureNames: Record<Measure, string> = {
  'acceptance-to-push': 'parley.acceptance_to_push',
  'queue-age': 'parley.queue.age',
};

/** Where the promise lies: a message is pushed within half a second, and one that waits a minute is an alert. */
const bounds = [5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 60_000];

const kinds: Partial<Record<Stage, SpanKind>> = {
  accept: SpanKind.PRODUCER,
  deliver: SpanKind.CONSUMER,
  check: SpanKind.CONSUMER,
  push: SpanKind.CLIENT,
};

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentForm = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/** Of a failure only what kind it is: its words may be those of a request. */
const kindOf = (error: unknown): string => {
  if (error instanceof ChatError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
};

/** Writes spans and metrics by the OpenTelemetry API; where they go is for `startRecorder` to say. */
export class Recorder {
  readonly #tracer = trace.getTracer(scope);
  readonly #counters;
  readonly #measures;
  readonly #end: () => Promise<void>;

  constructor(end: () => Promise<void>) {
    const meter = metrics.getMeter(scope);
    const byName = <Name extends string, T>(names: Record<Name, string>, make: (name: string) => T) =>
      Object.fromEntries(Object.entries<string>(names).map(([name, full]) => [name, make(full)])) as Record<
        Name,
        T
      >;
    this.#counters = byName(counterNames, (name) => meter.createCounter(name));
    this.#measures = byName(measureNames, (name) =>
      meter.createHistogram(name, { unit: 'ms', advice: { explicitBucketBoundaries: bounds } }),
    );
    this.#end = end;
  }

  contextOf(traceparent: string | undefined): SpanContext | undefined {
    const [, traceId, spanId, flags] = traceparentForm.exec(traceparent ?? '') ?? [];
    if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
    const context = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
    return trace.isSpanContextValid(context) ? context : undefined;
  }

  async span<T>(
    stage: Stage,
    parent: SpanContext,
    attributes: Attributes,
    work: (own: SpanContext, traceparent: string) => Promise<T>,
  ): Promise<T> {
    const context = trace.setSpanContext(ROOT_CONTEXT, parent);
    const kind = kinds[stage] ?? SpanKind.INTERNAL;
    const span = this.#tracer.startSpan(stage, { kind, attributes }, context);
    try {
      return await work(span.spanContext(), traceparentOf(span.spanContext()));
    } catch (error) {
      span.setAttribute('error.type', kindOf(error)).setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  count(counter: Counter, attributes: Attributes): void {
    this.#counters[counter].add(1, attributes);
  }

  measure(what: Measure, ms: number): void {
    this.#measures[what].record(ms);
  }

  /** What cannot be sent any more is lost: nobody waits for it. */
  close(): Promise<void> {
    return this.#end().catch(() => undefined);
  }
}

/** Says where things go, and loads just what that takes. */
export const startRecorder = async (settings: TelemetrySettings): Promise<Recorder> => {
  const { connectionString, identityClientId, otlpEndpoint, samplingPercent } = settings;
  if (connectionString !== undefined)
    return new Recorder(await startApplicationInsights(connectionString, identityClientId, samplingPercent));
  const { startOtlp } = await import('./otlp.ts');
  return new Recorder(startOtlp(otlpEndpoint ?? '', samplingPercent));
};
