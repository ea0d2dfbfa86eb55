/**
 * After the resources are made: puts the signing keys into Key Vault that are not there yet (SIGNING_KEYS names them). A key
 * is made here, handed over in a file that only this user can read, and never printed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { retried, run, setting } from './commands.ts';

const vault = ['--vault-name', setting('KEY_VAULT_NAME')];

/** @returns whether it was not there */
const put = (name: string): boolean => {
  const query = `[?name=='${name}'].id`;
  if (run('az', 'keyvault', 'secret', 'list', ...vault, '--query', query, '--output', 'tsv') !== '')
    return false;
  const directory = mkdtempSync(join(tmpdir(), 'parley-'));
  try {
    const file = join(directory, 'key');
    writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
    const content = ['--file', file, '--encoding', 'utf-8', '--output', 'none'];
    run('az', 'keyvault', 'secret', 'set', ...vault, '--name', name, ...content);
    return true;
  } finally {
    rmSync(directory, { recursive: true });
  }
};

let isNew = false;
for (const name of setting('SIGNING_KEYS').split(' ')) {
  const wasMade = await retried(name, () => put(name));
  console.log(`${name}: ${wasMade ? 'made' : 'is there already'}`);
  isNew ||= wasMade;
}
// The app has looked for them in vain, and would look again in a day.
if (isNew)
  run(
    'az',
    'functionapp',
    'restart',
    '--resource-group',
    setting('AZURE_RESOURCE_GROUP'),
    '--name',
    setting('API_NAME'),
  );
