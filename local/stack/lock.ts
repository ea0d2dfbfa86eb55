import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** The process id of the stack that uses this data folder, if one does. What a dead one left behind does not count. */
export function runningStack(dataDir: string): number | undefined {
  const holder = readHolder(join(dataDir, fileName));
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/** A data folder held by this process. */
export interface DataLock {
  /** Whether a stack that ended without cleaning up had it before. */
  wasStale: boolean;
  release(): void;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Makes the file, with its content from the first moment on. @returns false when it is there already */
function make(file: string): boolean {
  const born = bornAt(process.pid);
  const content: Holder = { pid: process.pid, ...(born === undefined ? {} : { bornAt: born }) };
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(content));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/** Moved away before it is looked at again: another start may have taken the folder over since. */
function removeStale(file: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return; // another start has removed it
    throw error;
  }
  const holder = readHolder(aside);
  if (holder !== undefined && isAlive(holder)) renameSync(aside, file);
  else rmSync(aside);
}

/**
 * Takes the data folder for this process. Of two at once, one gets it.
 *
 * @throws Error when a running stack has it
 */
export function lockData(dataDir: string): DataLock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, fileName);
  const release = (): void => rmSync(file, { force: true });
  if (make(file)) return { wasStale: false, release };
  if (runningStack(dataDir) === undefined) {
    removeStale(file);
    if (make(file)) return { wasStale: true, release };
  }
  throw new Error(
    `The stack is running already (process ${runningStack(dataDir) ?? 'unknown'}, data in ${dataDir}). Stop it with Ctrl-C there.`,
  );
}
