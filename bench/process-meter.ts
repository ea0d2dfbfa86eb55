import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks per second in /proc; 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;
const msPerTick = 1000 / ticksPerSecond;

/** CPU time that has been used, in milliseconds. */
export interface CpuSnapshot {
  readonly at: number;
  readonly roles: Readonly<Record<string, number>>;
  readonly generator: number;
  /** By anything on the machine. */
  readonly machine: number;
}

/** CPU time between two snapshots. */
export interface CpuUse {
  readonly elapsedMs: number;
  readonly rolesMs: Readonly<Record<string, number>>;
  readonly generatorMs: number;
  /** By others than the servers and the generator, in percent of one core. */
  readonly otherPercent: number;
}

/** Above this, in percent of one core, something else took so much of the machine that a figure is not to be trusted. */
export const trustedOtherPercent = 30;

/** Fields of /proc/PID/stat from the third on: the second, the command's name, may hold spaces (proc_pid_stat(5)). */
const statOf = (pid: number): string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it has ended
  }
};

const cpuMsOf = (pid: number): number => {
  const stat = statOf(pid);
  return (Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0)) * msPerTick; // utime, stime
};

/** Resident memory; 0 of a process that has ended. */
export const rssKiBOf = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** All time that was not idle: the fields of the first line of /proc/stat but idle, iowait and what guests count twice. */
const machineBusyMs = (): number => {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) * msPerTick;
};

/** A process and all that descend from it. */
export const familyOf = (pid: number, children: ReadonlyMap<number, number[]> = allChildren()): number[] => [
  pid,
  ...(children.get(pid) ?? []).flatMap((child) => familyOf(child, children)),
];

const allChildren = (): Map<number, number[]> => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.[1] : undefined;
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent)) ?? [];
    children.set(Number(parent), [...siblings, pid]);
  }
  return children;
};

/** Reads from /proc what servers, each with its descendants, use of the machine. Linux only. */
export class ProcessMeter {
  readonly #processes: Readonly<Record<string, number>>;

  /** @param processes process ids by role */
  constructor(processes: Readonly<Record<string, number>>) {
    this.#processes = processes;
  }

  cpu(): CpuSnapshot {
    const { user, system } = process.cpuUsage();
    return {
      at: performance.now(),
      roles: this.#sum(cpuMsOf),
      generator: (user + system) / 1000,
      machine: machineBusyMs(),
    };
  }

  /** Resident memory by role, in KiB. */
  memoryKiB(): Record<string, number> {
    return this.#sum(rssKiBOf);
  }

  /** Resolves when the servers have come to rest, after half a minute at the latest. */
  async atRest(): Promise<void> {
    const sampleMs = 250;
    const restingPercent = 8;
    let restingSamples = 0;
    for (let tries = 0; tries < 120 && restingSamples < 3; tries++) {
      const before = this.cpu();
      await new Promise((later) => setTimeout(later, sampleMs));
      const { rolesMs, elapsedMs } = cpuBetween(before, this.cpu());
      const used = Object.values(rolesMs).reduce((sum, ms) => sum + ms, 0);
      restingSamples = (used / elapsedMs) * 100 < restingPercent ? restingSamples + 1 : 0;
    }
  }

  #sum(measure: (pid: number) => number): Record<string, number> {
    const children = allChildren();
    return Object.fromEntries(
      Object.entries(this.#processes).map(([role, pid]) => [
        role,
        familyOf(pid, children).reduce((sum, each) => sum + measure(each), 0),
      ]),
    );
  }
}

export const cpuBetween = (before: CpuSnapshot, after: CpuSnapshot): CpuUse => {
  const elapsedMs = after.at - before.at;
  const rolesMs = Object.fromEntries(
    Object.entries(after.roles).map(([role, ms]) => [role, ms - (before.roles[role] ?? 0)]),
  );
  const generatorMs = after.generator - before.generator;
  const ours = Object.values(rolesMs).reduce((sum, ms) => sum + ms, generatorMs);
  const otherMs = Math.max(0, after.machine - before.machine - ours);
  return { elapsedMs, rolesMs, generatorMs, otherPercent: (otherMs / elapsedMs) * 100 };
};
