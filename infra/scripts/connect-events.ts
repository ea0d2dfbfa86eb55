/**
 * After the code is deployed: makes the hub, which tells the app what clients do. Web PubSub asks the app first whether it
 * takes events, so the app must answer by then.
 */
import { retried, run, setting } from './commands.ts';

const url = setting('API_URL');

const isThere = async (): Promise<void> => {
  const response = await fetch(`${url}/api/health/live`, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
};

await retried('the app', isThere);
await retried('the hub', () =>
  run(
    'az',
    ...['deployment', 'group', 'create', '--name', 'hub', '--output', 'none'],
    ...['--resource-group', setting('AZURE_RESOURCE_GROUP')],
    ...['--template-file', 'infra/hub.bicep'],
    '--parameters',
    `webPubSubName=${setting('WEB_PUBSUB_NAME')}`,
    `appUrl=${url}`,
    `eventsAudience=${setting('EVENTS_AUDIENCE')}`,
  ),
);
console.log(`Web PubSub tells ${url} of its clients.`);
