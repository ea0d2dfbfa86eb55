/**
 * After the resources are made, with built-in accounts: puts a signing key into Key Vault unless one is there. The key is
 * made here, handed over in a file that only this user can read, and never printed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { retried, run } from './commands.ts';

const secretName = 'auth-signing-key';

const put = (vault: string): void => {
  const secret = ['--vault-name', vault, '--name', secretName];
  const known = run(
    'az',
    'keyvault',
    'secret',
    'list',
    '--vault-name',
    vault,
    '--query',
    `[?name=='${secretName}'].id`,
    '--output',
    'tsv',
  );
  if (known !== '') {
    console.log('The signing key is there already.');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'parley-'));
  try {
    const file = join(directory, 'key');
    writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
    run(
      'az',
      'keyvault',
      'secret',
      'set',
      ...secret,
      '--file',
      file,
      '--encoding',
      'utf-8',
      '--output',
      'none',
    );
    console.log('A signing key was made.');
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const vault = process.env.KEY_VAULT_NAME ?? '';
if (vault === '') console.log('There are no built-in accounts, so no signing key.');
else await retried('signing key', () => put(vault));
