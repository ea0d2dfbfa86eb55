/**
 * All phases of a deployment without azd: `EVENTS_AUDIENCE=api://… npm run deploy -- staging`, signed in with `az login`. Takes
 * infra/environments/<name>.parameters.json. Each phase may be repeated.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { run, setting } from './commands.ts';

const [environment = ''] = process.argv.slice(2);
const parameters = `infra/environments/${environment}.parameters.json`;
if (!existsSync(parameters)) throw new Error(`Which environment? There is no ${parameters}.`);

const npm = (...given: string[]): void => {
  execFileSync('npm', given, { stdio: 'inherit', shell: process.platform === 'win32' });
};

console.log('1. The resources');
const asked = run(
  'az',
  ...['deployment', 'sub', 'create', '--name', `parley-${environment}`, '--output', 'json'],
  ...['--location', setting('AZURE_LOCATION'), '--template-file', 'infra/main.bicep'],
  ...['--parameters', `@${parameters}`, '--parameters', `eventsAudience=${setting('EVENTS_AUDIENCE')}`],
  ...['--parameters', `principalId=${process.env.AZURE_PRINCIPAL_ID ?? ''}`, '--query', 'properties.outputs'],
);
const outputs = Object.entries(JSON.parse(asked) as Record<string, { value: string }>);
// Azure gives names back in another case than they were written in.
for (const [name, { value }] of outputs) process.env[name.toUpperCase()] = value;
if (process.env.GITHUB_ENV) appendFileSync(process.env.GITHUB_ENV, `API_URL=${setting('API_URL')}\n`); // for the smoke test

console.log('2. The signing key, with built-in accounts');
npm('run', '--silent', 'deploy:signing-key');

console.log('3. The code');
npm('run', '--silent', 'build');
npm('run', '--silent', 'package');
const site = ['--resource-group', setting('AZURE_RESOURCE_GROUP'), '--name', setting('API_NAME')];
run(
  'az',
  'functionapp',
  'deployment',
  'source',
  'config-zip',
  ...site,
  '--src',
  'dist/app.zip',
  '--output',
  'none',
);

console.log('4. The hub');
npm('run', '--silent', 'deploy:connect-events');
console.log(
  `${setting('API_URL')} is deployed. API_URL=${setting('API_URL')} npm run smoke looks whether it works.`,
);
