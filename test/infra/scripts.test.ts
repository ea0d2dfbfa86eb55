import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/**
 * The scripts run before and after a deployment, with a stand-in for `az` and `azd` that notes how it was called and answers
 * as it is told to. What the real ones answer is not known here.
 */

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Answers to calls that contain a text, in order; other calls are answered by nothing. `!` fails once. */
const standIn = (answers: Record<string, string>): void => {
  const script = `#!${process.execPath}
const fs = require('node:fs');
const call = process.argv.slice(2).join(' ');
fs.appendFileSync(${JSON.stringify(join(directory, 'calls'))}, process.argv[1].split('/').pop() + ' ' + call + '\\n');
const file = process.argv[process.argv.indexOf('--file') + 1];
if (process.argv.includes('--file')) fs.writeFileSync(${JSON.stringify(join(directory, 'secret'))}, fs.readFileSync(file, 'utf8') + ' ' + (fs.statSync(file).mode & 0o777).toString(8) + ' ' + file);
const [found] = Object.entries(${JSON.stringify(answers)}).filter(([part]) => call.includes(part));
const failed = ${JSON.stringify(join(directory, 'failed'))};
if (found && found[1] === '!' && !fs.existsSync(failed)) { fs.writeFileSync(failed, ''); console.error('Forbidden'); process.exit(1); }
if (found && found[1] !== '!') console.log(found[1]);
`;
  for (const name of ['az', 'azd']) {
    writeFileSync(join(directory, name), script);
    chmodSync(join(directory, name), 0o755);
  }
};

const calls = (): string[] =>
  existsSync(join(directory, 'calls'))
    ? readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n')
    : [];

const runScript = async (name: string, env: Record<string, string>): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [`infra/scripts/${name}.ts`], {
    env: { PATH: `${directory}${delimiter}${process.env.PATH ?? ''}`, RETRY_SECONDS: '0', ...env },
  });
  return stdout;
};

describe('the app registration for events', () => {
  const env = { AZURE_ENV_NAME: 'dev' };

  it('is made, with a service principal, and remembered', async () => {
    standIn({ 'app create': 'the-app-id' });
    await runScript('events-app', env);
    const made = calls().join('\n');
    expect(made).toContain('az ad app create --display-name parley-events-dev');
    expect(made).toContain('--identifier-uris api://the-app-id');
    expect(made).toContain('az ad sp create --id the-app-id');
    expect(calls().at(-1)).toBe('azd env set EVENTS_AUDIENCE api://the-app-id');
  });

  it('is not made again', async () => {
    standIn({ 'app list': 'the-app-id', 'sp list': 'the-principal' });
    await runScript('events-app', env);
    expect(calls().join('\n')).not.toMatch(/app create|sp create/);
    await runScript('events-app', { ...env, EVENTS_AUDIENCE: 'api://other' });
    expect(calls().filter((call) => call.includes('env set'))).toHaveLength(1);
  });
});

describe('the signing keys', () => {
  const env = {
    KEY_VAULT_NAME: 'kv',
    AZURE_RESOURCE_GROUP: 'rg',
    API_NAME: 'app',
    SIGNING_KEYS: 'connection auth',
  };

  it('go to Key Vault in a file that is gone afterwards, and are shown nowhere', async () => {
    standIn({});
    const shown = await runScript('signing-key', env);
    const [key = '', mode, file = ''] = readFileSync(join(directory, 'secret'), 'utf8').split(' ');
    expect(Buffer.from(key, 'base64url')).toHaveLength(48);
    expect(mode).toBe('600');
    expect(existsSync(file)).toBe(false);
    expect(shown + calls().join('\n')).not.toContain(key);
    expect(calls().filter((call) => call.includes('secret set'))).toHaveLength(2);
    expect(calls().at(-1)).toBe('az functionapp restart --resource-group rg --name app');
  });

  it('are put there again when the role for it is not known yet', async () => {
    standIn({ 'secret set': '!' });
    expect(await runScript('signing-key', env)).toContain('connection: made');
    expect(calls().filter((call) => call.includes('secret set'))).toHaveLength(3);
  });

  it('that are there stay', async () => {
    standIn({ 'secret list': 'https://kv/secrets/one' });
    await runScript('signing-key', env);
    expect(calls().join('\n')).not.toMatch(/secret set|restart/);
  });
});

describe('the hub', () => {
  let app: Server;
  let asked = 0;
  let url: string;

  beforeEach(async () => {
    asked = 0;
    app = createServer((_, response) => response.writeHead(asked++ === 0 ? 503 : 200).end());
    await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  });
  afterEach(() => app.close());

  it('is made when the app answers, not before', async () => {
    standIn({});
    const env = {
      AZURE_RESOURCE_GROUP: 'rg',
      WEB_PUBSUB_NAME: 'wps',
      EVENTS_AUDIENCE: 'api://a',
      API_URL: url,
    };
    await runScript('connect-events', env);
    expect(asked).toBe(2);
    expect(calls()).toEqual([
      expect.stringMatching(
        new RegExp(
          `--resource-group rg --template-file infra/hub.bicep --parameters webPubSubName=wps appUrl=${url} eventsAudience=api://a$`,
        ),
      ),
    ]);
  });

  it('names what it was not told', async () => {
    standIn({});
    await expect(runScript('connect-events', {})).rejects.toThrow(/API_URL is not set/);
  });
});
