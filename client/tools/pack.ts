import { buildClient } from './build.ts';

await buildClient();
