import { readFileSync } from 'node:fs';

/** Loaded before the app by `--import`: its `Date` is wrong by as many milliseconds as a file says. */

const lookMs = 50;
const file = process.env.CHAOS_CLOCK_FILE;
const RealDate = Date;
let offsetMs = 0;

const look = (file: string): void => {
  const read = Number(readFileSync(file, 'utf8'));
  if (Number.isFinite(read)) offsetMs = read;
};

if (file !== undefined) {
  look(file);
  setInterval(look, lookMs, file).unref();
  const now = (): number => RealDate.now() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
