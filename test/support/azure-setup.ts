import type { TestProject } from 'vitest/node';

/** Connection strings of services that suites use in place of our own. */
export interface GivenServices {
  serviceBus?: string | undefined;
  webPubSub?: string | undefined;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Only in the project `azure`; elsewhere `inject('given')` is undefined. */
    given?: GivenServices;
  }
}

/** Takes the connection strings from the environment, for the project `azure`. */
export default function setup(project: TestProject): void {
  const { SERVICE_BUS_CONNECTION_STRING: serviceBus, WEB_PUBSUB_CONNECTION_STRING: webPubSub } = process.env;
  if (!serviceBus && !webPubSub) {
    throw new Error(
      'The project azure needs to know what to run against: set SERVICE_BUS_CONNECTION_STRING, ' +
        'WEB_PUBSUB_CONNECTION_STRING or both. See CONTRIBUTING.md.',
    );
  }
  project.provide('given', { serviceBus, webPubSub });
}
