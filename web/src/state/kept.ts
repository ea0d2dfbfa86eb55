/** What is kept in the browser. Where the browser keeps nothing, it is as if nothing had been kept; where it is full, too. */

const attempt = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch {
    return undefined; // site data are blocked, or there is no room
  }
};

export const read = (key: string): string | undefined =>
  attempt(() => localStorage.getItem(key)) ?? undefined;

/** What was written as JSON. */
export const readJson = (key: string): unknown =>
  attempt(() => JSON.parse(read(key) ?? 'null') as unknown) ?? undefined;

export const write = (key: string, value: string): void => attempt(() => localStorage.setItem(key, value));

export const forget = (key: string): void => attempt(() => localStorage.removeItem(key));

export const forgetAll = (prefix: string): void => {
  for (const key of attempt(() => Object.keys(localStorage)) ?? []) if (key.startsWith(prefix)) forget(key);
};

/** Kept for as long as the tab is there. */
export const readOfTab = (key: string): string | undefined =>
  attempt(() => sessionStorage.getItem(key)) ?? undefined;
