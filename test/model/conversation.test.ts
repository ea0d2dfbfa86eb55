import fc from 'fast-check';
import { test } from 'vitest';
import { Device } from './device.ts';
import { checkPromises } from './promises.ts';
import { Player, steps } from './steps.ts';
import { users, World } from './world.ts';

const { MODEL_SEED: seed = '1', MODEL_PATH: path, MODEL_RUNS: runs = '1000' } = process.env;

test(
  `whatever happens to a conversation, the promises hold (seed ${seed})`,
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(1023), steps, async (order, connected, all) => {
        const world = new World(order);
        const devices = users.flatMap((userId) =>
          ['phone', 'laptop'].map((name) => new Device(world, userId, `${userId}-${name}`)),
        );
        const player = new Player(world, devices);
        const there = devices.filter((_, n) => (connected >> n) % 2 === 1);
        await world.run(there.map((device) => device.connect()));
        for (const step of all) await player.play(step);
        await player.drain();
        await checkPromises(world, devices);
      }),
      { seed: Number(seed), numRuns: Number(runs), ...(path !== undefined && { path }) },
    );
  },
);
