/**
 * Before the resources are made: an app registration that stands for the app towards Web PubSub. The tokens by which Web
 * PubSub proves who it is are issued for it. It has no secret and no permissions. Does nothing where EVENTS_AUDIENCE is set.
 */
import { retried, run, setting } from './commands.ts';

const register = async (): Promise<string> => {
  const name = `parley-events-${setting('AZURE_ENV_NAME')}`;
  const known = run(
    'az',
    'ad',
    'app',
    'list',
    '--display-name',
    name,
    '--query',
    '[0].appId',
    '--output',
    'tsv',
  );
  const single = ['--sign-in-audience', 'AzureADMyOrg', '--query', 'appId', '--output', 'tsv'];
  const appId = known || run('az', 'ad', 'app', 'create', '--display-name', name, ...single);
  const audience = `api://${appId}`;
  await retried('identifier', () =>
    run('az', 'ad', 'app', 'update', '--id', appId, '--identifier-uris', audience),
  );
  // Tokens are issued only for what has a service principal in the tenant.
  const principal = run(
    'az',
    'ad',
    'sp',
    'list',
    '--filter',
    `appId eq '${appId}'`,
    '--query',
    '[0].id',
    '--output',
    'tsv',
  );
  if (principal === '')
    await retried('service principal', () => run('az', 'ad', 'sp', 'create', '--id', appId));
  return audience;
};

if (process.env.EVENTS_AUDIENCE) console.log(`Events are for ${process.env.EVENTS_AUDIENCE}.`);
else {
  const audience = await register();
  run('azd', 'env', 'set', 'EVENTS_AUDIENCE', audience);
  console.log(`Events will be for ${audience}.`);
}
