import { defineConfig } from 'vitest/config';

/** What needs servers that live outside the test's own process is named `*.integration.test.ts`. */
const integration = 'test/**/*.integration.test.ts';

/** What people see of it, in a real browser. */
const browser = 'test/browser/**/*.test.ts';

const { SERVICE_BUS_CONNECTION_STRING: serviceBus, WEB_PUBSUB_CONNECTION_STRING: webPubSub } = process.env;

/** Suites that know no more of their service than a connection string. */
const serviceBusSuites = [
  'administration',
  'messages',
  'rules',
  'sending',
  'session-listing',
  'sessions',
  'settlement',
  'waiting-receivers',
].map((name) => `test/local/service-bus/${name}.test.ts`);
const webPubSubSuites = ['client', 'recovery', 'rest', 'streams'].map(
  (name) => `test/local/web-pubsub/${name}.test.ts`,
);
// These put a network that fails before the service; over TLS it would not pass for the service.
if (!/Endpoint=https:/i.test(webPubSub ?? '')) {
  webPubSubSuites.push('test/local/web-pubsub/network-failure.test.ts');
}

// What a test waits for with `expect.poll` comes when the machine gets to it; one second, as vitest has it, is no time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [integration, browser],
          testTimeout: 20_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'integration',
          include: [integration],
          globalSetup: ['test/support/stack-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: 'browser',
          include: [browser],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        // Behaviour that Azure's services show too. A service that is not given is left out, not replaced by ours;
        // without any, the setup says what is missing.
        test: {
          name: 'azure',
          include: [
            ...(serviceBus || !webPubSub ? serviceBusSuites : []),
            ...(webPubSub || !serviceBus ? webPubSubSuites : []),
          ],
          globalSetup: ['test/support/azure-setup.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    maxWorkers: 2,
  },
});
