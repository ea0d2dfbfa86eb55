import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** Where and with what something was measured. */
export interface Setting {
  readonly at: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  /** How busy the machine was before, in processes that want to run: the average of one minute. */
  readonly loadBefore: number;
}

const git = (root: string, ...args: string[]): string => {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
};

const commitOf = (root: string): string => {
  const commit = git(root, 'rev-parse', '--short', 'HEAD');
  if (commit === '') return 'unknown';
  const isChanged = git(root, 'status', '--porcelain', '--', 'functions', 'shared', 'local') !== '';
  return isChanged ? `${commit} with changes` : commit;
};

/**
 * @param args those of the command line
 * @param script what they were given to
 */
export const describeSetting = (root: string, args: readonly string[], script = 'npm run bench'): Setting => {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    at: new Date().toISOString(),
    command: [script, ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    commit: commitOf(root),
    machine: `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${memory} GiB, ${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? NaN,
  };
};
