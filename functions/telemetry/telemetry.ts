import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { Recorder } from './recorder.ts';
import type { Counter, Measure, Stage, TelemetrySettings } from './stages.ts';

/**
 * Spans of the stages that a message passes, under the trace of the request that it began with, and metrics of what is
 * promised. Where nobody listens nothing is done and nothing loaded. What is recorded are ids, kinds and numbers: never
 * who, nor what somebody wrote.
 */
export class Telemetry {
  readonly isOn: boolean;
  readonly #settings: TelemetrySettings;
  readonly #current = new AsyncLocalStorage<SpanContext>();
  #recorder: Recorder | undefined;

  constructor(settings: TelemetrySettings) {
    this.#settings = settings;
    this.isOn = settings.connectionString !== undefined || settings.otlpEndpoint !== undefined;
  }

  /** Begins to record; what happens before is not. */
  async start(): Promise<void> {
    if (!this.isOn) return;
    const { startRecorder } = await import('./recorder.ts');
    this.#recorder = await startRecorder(this.#settings);
  }

  /**
   * Does a piece of work as a stage: of the trace that is given, or else of the stage that it happens in.
   * @param work is given the traceparent that what it causes goes under; empty where nothing is recorded
   */
  stage<T>(
    name: Stage,
    attributes: Attributes,
    work: (traceparent: string) => Promise<T>,
    traceparent?: string,
  ): Promise<T> {
    const recorder = this.#recorder;
    const parent = recorder && (recorder.contextOf(traceparent) ?? this.#current.getStore());
    if (!recorder || !parent) return work('');
    return recorder.span(name, parent, attributes, (own, ownTraceparent) =>
      this.#current.run(own, () => work(ownTraceparent)),
    );
  }

  count(counter: Counter, attributes: Attributes = {}): void {
    this.#recorder?.count(counter, attributes);
  }

  /** @param ms below zero, for clocks differ, counts as zero */
  measure(what: Measure, ms: number): void {
    this.#recorder?.measure(what, Math.max(ms, 0));
  }

  /** Sends what is left. It takes a few seconds at most. */
  async close(): Promise<void> {
    await this.#recorder?.close();
  }
}
