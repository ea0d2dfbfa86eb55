import { type Faults, noFaults } from '../ledger.ts';
import type { Library, Question } from '../library.ts';
import { cpuBetween } from '../process-meter.ts';
import { median } from '../statistics.ts';
import type { Figures, Scenario, ScenarioContext } from './scenario.ts';

/** How often a page is read; the first time warms up. */
const readings = 6;

/** Median time of a few readings, in ms, after one to warm up. */
export const readingTime = async (read: () => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let count = 0; count < readings; count++) {
    const began = performance.now();
    await read();
    if (count > 0) times.push(performance.now() - began);
  }
  return median(times);
};

/** How long one reading took, in ms, and what it gave. */
export const timed = async <T>(read: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const began = performance.now();
  const value = await read();
  return { ms: performance.now() - began, value };
};

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** All pages from a question on. */
export const readAll = async <T>(library: Library, question: Question): Promise<T[]> => {
  const items: T[] = [];
  const { after: _, ...rest } = question.query ?? {};
  for (let next = question; ;) {
    const page: Page<T> = await library.ask(next);
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    next = { ...question, query: { ...rest, cursor: page.nextCursor } };
  }
};

/** What a scenario of reading finds out. */
interface Read {
  readonly figures: Figures;
  /** What should have been read and was not. */
  readonly lost: number;
}

/** A scenario that reads; it is left out for systems that have nothing to read. */
export const readingScenario =
  (read: (library: Library, context: ScenarioContext) => Promise<Read>): Scenario =>
  async (context) => {
    const { system, meter } = context;
    if (system.library === undefined) return undefined;
    const before = meter.cpu();
    const { figures, lost } = await read(system.library, context);
    const cpu = cpuBetween(before, meter.cpu());
    const faults: Faults = { ...noFaults, lost };
    return { figures, faults, otherPercent: cpu.otherPercent, details: { cpu } };
  };
