import { expect, it, onTestFinished } from 'vitest';
import { Telemetry } from '../../functions/telemetry/telemetry.ts';
import { startCollector } from '../support/collector.ts';
import { tracing } from '../support/fakes.ts';

it('traces that are not sampled are not sent, go on under their ids, and are counted all the same', async () => {
  const collector = await startCollector();
  onTestFinished(() => collector.stop());
  const off = { connectionString: undefined, identityClientId: undefined };
  const telemetry = new Telemetry({ ...off, otlpEndpoint: collector.url, samplingPercent: 0 });
  await telemetry.start();
  const own = await telemetry.stage('deliver', {}, (given) => Promise.resolve(given), tracing.traceparent);
  const [, traceId] = tracing.traceparent.split('-');
  expect(own).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`));
  telemetry.count('throttled', { kind: 'send' });
  telemetry.measure('queue-age', -3);
  const failed = telemetry.stage('push', {}, () => Promise.reject(new Error('no')), tracing.traceparent);
  await expect(failed).rejects.toThrow('no');
  await telemetry.close();
  expect(collector.spans()).toEqual([]);
  expect(collector.metric('parley.requests.throttled')).toBe(1);
  expect(collector.metric('parley.queue.age')).toBe(1);
});
