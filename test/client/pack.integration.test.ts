import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { buildClient } from '../../client/tools/build.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

test(
  'the package is packed, installed without a network, and does what its README shows',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-pack-'));
    try {
      await buildClient();
      const { stdout } = await run(
        'npm',
        ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
        {
          cwd: join(root, 'client'),
        },
      );
      const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
      expect(files.map(({ path }) => path).sort()).toEqual([
        'README.md',
        'dist/index.d.ts',
        'dist/index.js',
        'dist/index.js.map',
        'package.json',
      ]);

      // As npm would lay it out; what it depends on is the copy that is here, for there is no network.
      const home = join(folder, 'node_modules/@parley/client');
      await mkdir(home, { recursive: true });
      await run('tar', ['xzf', join(folder, filename), '--strip-components=1', '-C', home]);
      await mkdir(join(folder, 'node_modules/@azure'), { recursive: true });
      const dependency = '@azure/web-pubsub-client';
      await symlink(join(root, 'node_modules', dependency), join(folder, 'node_modules', dependency));
      const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
        dependencies: object;
      };
      expect(Object.keys(dependencies)).toEqual([dependency]);

      const readme = await readFile(join(home, 'README.md'), 'utf8');
      const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
      expect(code).toContain('127.0.0.1:7071');
      expect(code.trim().split('\n').length).toBeLessThanOrEqual(11);
      expect(await readFile(join(root, 'README.md'), 'utf8')).toContain(code); // shows the same lines
      const ended = "bob.on('message', () => void Promise.all([ann.close(), bob.close()]));\n";
      const program = code
        .replace('http://127.0.0.1:7071', inject('stack').urls.functions)
        .replace('await ann.send', `${ended}await ann.send`);
      await writeFile(join(folder, 'readme.mts'), program);
      const { stdout: said } = await run(process.execPath, [join(folder, 'readme.mts')], {
        cwd: folder,
        timeout: 60_000,
      });
      expect(said).toBe('ann: Hello, Bob!\n');

      const options = {
        module: 'nodenext',
        target: 'es2024',
        strict: true,
        noEmit: true,
        lib: ['esnext', 'dom'],
        types: ['node'],
      };
      await symlink(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: options, files: ['readme.mts'] }),
      );
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
