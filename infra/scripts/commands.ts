import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `az` or `azd`, and gives what it prints.
 * @throws with what it wrote to its error output
 */
export const run = (command: 'az' | 'azd', ...given: string[]): string => {
  try {
    // On Windows both are command files, which only a shell runs.
    const shell = process.platform === 'win32';
    return execFileSync(command, given, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell,
    }).trim();
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`${command} ${given.slice(0, 3).join(' ')} failed: ${told}`, { cause: error });
  }
};

/** A value that the deployment put out; azd gives them to its hooks as environment variables. */
export const setting = (name: string): string => {
  const value = process.env[name] ?? '';
  if (value === '')
    throw new Error(`${name} is not set. It is an output of infra/main.bicep: see docs/deploying.md.`);
  return value;
};

const waits = Number(process.env.RETRY_SECONDS ?? 15) * 1000;

/** Tries until it works: roles and new apps take minutes to be known everywhere. */
export const retried = async <T>(what: string, attempt: () => T | Promise<T>, tries = 20): Promise<T> => {
  for (let left = tries - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 0) throw error;
      console.log(`${what}: not yet (${error instanceof Error ? error.message : String(error)})`);
      await sleep(waits);
    }
  }
};
