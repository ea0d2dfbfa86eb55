import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

const executable = (): string => {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  if (found !== undefined) return found;
  throw new Error('These tests need Chromium. On Debian and Ubuntu: sudo apt-get install chromium');
};

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** A browser of somebody's own: no other has its cookies, storage or cache. */
export interface OwnBrowser {
  context: BrowserContext;
  close: () => Promise<void>;
}

export const openBrowser = async (options: BrowserContextOptions = {}): Promise<OwnBrowser> => {
  const profile = mkdtempSync(join(tmpdir(), 'parley-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...{ executablePath: executable(), args: flags, ...options },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
};
