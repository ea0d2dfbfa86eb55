import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiReport } from './build.ts';

await writeFile(join(import.meta.dirname, '../api.md'), apiReport());
