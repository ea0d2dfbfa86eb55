import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Holder {
  pid: number;
  /** The kernel's start time of that process, where it can be had: process ids are used again. */
  bornAt?: string;
}

const fileName = 'stack.pid';

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); counted behind the command's name, which may hold spaces. */
function bornAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, bornAt: born }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return born === undefined || bornAt(pid) === born;
}

function readHolder(dataDir: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(join(dataDir, fileName), 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** The process id of the stack that uses this data folder, if one does. What a dead one left behind does not count. */
export function runningStack(dataDir: string): number | undefined {
  const holder = readHolder(dataDir);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/** A data folder held by this process. */
export interface DataLock {
  /** Whether a stack that ended without cleaning up had it before. */
  wasStale: boolean;
  release(): void;
}

/**
 * Takes the data folder for this process.
 *
 * @throws Error when a running stack has it
 */
export function lockData(dataDir: string): DataLock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, fileName);
  const holder = runningStack(dataDir);
  if (holder !== undefined) {
    throw new Error(
      `The stack is running already (process ${holder}, data in ${dataDir}). Stop it with Ctrl-C there.`,
    );
  }
  const wasStale = existsSync(file);
  rmSync(file, { force: true });
  const born = bornAt(process.pid);
  const content: Holder = { pid: process.pid, ...(born === undefined ? {} : { bornAt: born }) };
  writeFileSync(file, JSON.stringify(content), { flag: 'wx' }); // two at once: the second fails here
  return { wasStale, release: () => rmSync(file, { force: true }) };
}
