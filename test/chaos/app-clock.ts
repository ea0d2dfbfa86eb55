import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const preload = new URL('./clock-preload.ts', import.meta.url).href;

/** How often the app's process looks, and some time to spare. */
const seenMs = 150;

/** The clock of the app's processes, which can be wrong. */
export class AppClock {
  readonly #file: string;

  /** @param folder for the file that says by how much */
  constructor(folder: string) {
    this.#file = join(folder, 'clock-offset');
    writeFileSync(this.#file, '0');
  }

  /** With these settings a process has this clock. */
  get settings(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${preload}`, CHAOS_CLOCK_FILE: this.#file };
  }

  /** From now on the clock is wrong by so much; resolves when it is. */
  async shift(offsetMs: number): Promise<void> {
    writeFileSync(this.#file, String(offsetMs));
    await delay(seenMs);
  }
}
