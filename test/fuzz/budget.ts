/**
 * How long fuzzing goes on: by count with one seed, as in `npm test`, or for minutes with a seed for each round, as
 * `npm run fuzz -- --minutes N --seed S` has it.
 */

const { FUZZ_SEED: text = '1', FUZZ_SECONDS: seconds } = process.env;

/** Of the first round. */
export const firstSeed = Number(text);

const budgetMs = Number(seconds ?? 0) * 1000;

/** For a test: what its rounds take, and the last of them to its end. */
export const timeout = budgetMs + 110_000;

/**
 * Plays rounds: one, or as many as there is time for.
 * @throws Error saying with which seed a round fails, and what `npm run fuzz` shows it again
 */
export const rounds = async (name: string, play: (seed: number) => unknown): Promise<void> => {
  const start = performance.now();
  let seed = firstSeed;
  do {
    try {
      await play(seed);
    } catch (error) {
      const again = `FUZZ_SEED=${seed} npx vitest run --project unit --project integration test/fuzz/ -t "${name}"`;
      throw new Error(`Seed ${seed} of "${name}" fails; again by: ${again}\n${String(error)}`, {
        cause: error,
      });
    }
    seed++;
  } while (performance.now() - start < budgetMs);
  process.stdout.write(`fuzz: ${name}: seeds ${firstSeed} to ${seed - 1}\n`);
};
