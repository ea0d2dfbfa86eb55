import { metrics, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

/** Of one try to send; at the end of the process nobody waits for longer. */
const timeoutMillis = 3000;
const everyMs = 10_000;

/**
 * Sends spans and metrics by OTLP over HTTP, in JSON, to a collector: Jaeger, Grafana, Aspire, a test.
 * @returns sends what is left, and ends
 */
export const startOtlp = (endpoint: string, samplingPercent: number): (() => Promise<void>) => {
  const url = (path: string): string => `${endpoint.replace(/\/$/, '')}/v1/${path}`;
  const resource = resourceFromAttributes({ 'service.name': 'parley' });
  const tracers = new BasicTracerProvider({
    resource,
    // Not by the flag of the request: whoever calls could switch it off. The id decides, so a trace is whole or not there.
    sampler: new TraceIdRatioBasedSampler(samplingPercent / 100),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: url('traces'), timeoutMillis }), {
        scheduledDelayMillis: 1000,
      }),
    ],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: url('metrics'), timeoutMillis }),
        exportIntervalMillis: everyMs,
        exportTimeoutMillis: timeoutMillis,
      }),
    ],
  });
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
  return async () => {
    await Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
  };
};
