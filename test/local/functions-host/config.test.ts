import { describe, expect, it } from 'vitest';
import { parseHostConfig } from '../../../local/functions-host/config/host-json.ts';
import { connectionString, resolveSettings } from '../../../local/functions-host/config/settings.ts';
import { parseTimeSpan } from '../../../local/functions-host/config/time-span.ts';
import { HostLog, type LogEntry } from '../../../local/functions-host/log.ts';

/** `setTimeout` takes longer times for none. */
const longestTimerMs = 2 ** 31 - 1;

describe('host.json', () => {
  it("has the real host's defaults", () => {
    const config = parseHostConfig({ version: '2.0' });
    expect(config).toMatchObject({
      ...{ routePrefix: 'api', maxOutstandingRequests: undefined },
      ...{ functionTimeoutMs: 1_800_000, warnings: [] },
    });
    expect(config.serviceBus).toMatchObject({
      autoCompleteMessages: true,
      maxConcurrentSessions: 8,
      maxAutoLockRenewalMs: 300_000,
      sessionIdleTimeoutMs: undefined,
    });
    expect(config.serviceBus.maxConcurrentCalls % 16).toBe(0);
  });

  it('is read without regard to the case of its keys', () => {
    const config = parseHostConfig({
      version: '2.0',
      functionTimeout: '00:10:00',
      Extensions: {
        ServiceBus: { MaxConcurrentSessions: 256, sessionIdleTimeout: '00:00:00.500' },
        http: { routePrefix: '' },
      },
    });
    expect(config.functionTimeoutMs).toBe(600_000);
    expect(config.routePrefix).toBe('');
    expect(config.serviceBus).toMatchObject({ maxConcurrentSessions: 256, sessionIdleTimeoutMs: 500 });
  });

  it('is overridden by AzureFunctionsJobHost settings', () => {
    const config = parseHostConfig(
      { version: '2.0', extensions: { serviceBus: { maxConcurrentSessions: 1 } } },
      {
        AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentSessions: '99',
        AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
      },
    );
    expect(config.serviceBus.maxConcurrentSessions).toBe(99);
    expect(config.logLevels.get('default')).toBe('warning');
  });

  it('takes times that are longer than a timer can run for what never ends', () => {
    const config = parseHostConfig({
      version: '2.0',
      functionTimeout: '25.00:00:00',
      extensions: {
        serviceBus: { sessionIdleTimeout: '100.00:00:00', maxAutoLockRenewalDuration: '100.00:00:00' },
      },
    });
    expect(config.functionTimeoutMs).toBeUndefined();
    expect(config.serviceBus.sessionIdleTimeoutMs).toBe(longestTimerMs);
    expect(config.serviceBus.maxAutoLockRenewalMs).toBe(longestTimerMs);
  });

  it('tells what has no effect here', () => {
    const { warnings } = parseHostConfig({
      version: '2.0',
      healthMonitor: {},
      extensions: {
        http: { hsts: {} },
        serviceBus: {
          transportType: 'amqpWebSockets',
          prefetchCount: 100,
          minMessageBatchSize: 5,
          maxMessageBatchSize: 4,
          maxBatchWaitTime: '00:00:10',
        },
        durableTask: {},
      },
    });
    expect(warnings).toEqual([
      'host.json: "healthMonitor" has no effect in this host.',
      'host.json: "extensions.durableTask" has no effect in this host.',
      'host.json: "extensions.http.hsts" has no effect in this host.',
      'host.json: "extensions.serviceBus.transportType" has no effect in this host.',
      'host.json: "extensions.serviceBus.prefetchCount" has no effect in this host.',
      'host.json: "extensions.serviceBus.minMessageBatchSize" has no effect in this host.',
      'host.json: "extensions.serviceBus.maxMessageBatchSize" has no effect in this host.',
      'host.json: "extensions.serviceBus.maxBatchWaitTime" has no effect in this host.',
    ]);
  });

  it.each([
    [{ functionTimeout: 'soon' }, /"functionTimeout" is "soon", but must be a time span/],
    [{ functionTimeout: 5 }, /"functionTimeout" is 5, but must be a string/],
    [{ extensions: [] }, /"extensions" must be an object/],
    [
      { extensions: { serviceBus: { maxConcurrentCalls: 0 } } },
      /"extensions.serviceBus.maxConcurrentCalls" is 0, but must be a whole number of at least 1/,
    ],
    [{ extensions: { serviceBus: { autoCompleteMessages: 'yes' } } }, /must be true or false/],
    [{ extensions: { serviceBus: { sessionIdleTimeout: '-00:00:01' } } }, /must be a time span/],
    [{ logging: { logLevel: { Function: 'Loud' } } }, /"logging.logLevel.Function" is "Loud"/],
  ])('refuses %j', (content, message) => {
    expect(() => parseHostConfig({ version: '2.0', ...content })).toThrow(message);
  });
});

describe('settings', () => {
  it('replace each %NAME% of a binding, or are named when missing', () => {
    expect(resolveSettings('%A%-%B%', { A: 'x', B: 'y' })).toBe('x-y');
    expect(() => resolveSettings('%C%', {})).toThrow('"%C%" does not resolve to a setting.');
  });

  it('are found for a connection by name, also with the prefix AzureWebJobs', () => {
    expect(connectionString('Bus', '-', { Bus: 'one' })).toBe('one');
    expect(connectionString('Bus', '-', { AzureWebJobsBus: 'two' })).toBe('two');
    expect(connectionString(undefined, 'AzureWebJobsServiceBus', { AzureWebJobsServiceBus: 'three' })).toBe(
      'three',
    );
  });
});

describe('a TimeSpan', () => {
  it.each([
    ['00:00:01', 1000],
    ['1.02:03:04.5', 93_784_500],
    ['00:05', 300_000],
    ['-00:00:01', -1000],
    ['24:00:00', undefined],
    ['5', undefined],
    ['00:60:00', undefined],
  ])('%s is %s ms', (text, ms) => {
    expect(parseTimeSpan(text)).toBe(ms);
  });
});

describe('log levels', () => {
  it('follow the longest prefix of whole category parts', () => {
    const written: LogEntry[] = [];
    const filters = new Map([
      ['default', 'warning'],
      ['Function', 'information'],
      ['Function.noisy', 'none'],
    ] as const);
    const log = new HostLog(filters, (entry) => written.push(entry));
    for (const category of [
      'Host.Startup',
      'Function.chat',
      'Function.noisy',
      'Function.noisy.User',
      'Functional',
    ]) {
      log.write('information', category, category);
      log.write('critical', category, category);
    }
    expect(written.map(({ level, category }) => `${level} ${category}`)).toEqual([
      'critical Host.Startup',
      'information Function.chat',
      'critical Function.chat',
      'critical Functional',
    ]);
  });
});
