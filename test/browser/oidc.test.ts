import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProvider, type TestProvider } from './provider.ts';
import { usePageStack } from './page-stack.ts';

const clientId = 'parley-page';
const settings: Record<string, string> = {};
let provider: TestProvider;

beforeAll(async () => {
  provider = await startProvider(clientId, { audience: 'parley', subject: 'ann-of-the-provider' });
  const issuer = { issuer: provider.issuer, audience: 'parley', jwksUri: `${provider.issuer}/keys` };
  Object.assign(settings, { AUTH_SIGNING_KEY: '', AUTH_ISSUERS: JSON.stringify([issuer]) });
});
afterAll(() => provider.close());

const site = usePageStack({ settings });

/** The page as a site serves it that names a provider. */
const openSite = async () => {
  const page = await site.open();
  await page.route('**/config.json', (route) =>
    route.fulfill({ json: { login: { issuer: provider.issuer, clientId, name: 'Example' } } }),
  );
  await page.reload();
  return page;
};

describe('a provider that config.json names', () => {
  it('lets people in, and leaves no code in the address', async () => {
    const page = await openSite();
    expect(await page.getByLabel('Password').count()).toBe(0);
    await page.getByRole('button', { name: 'Log in with Example' }).click();
    await page.getByRole('heading', { name: 'ann-of-the-provider' }).waitFor();
    expect(page.url()).not.toMatch(/code=|state=/);
    await page.reload();
    await page.getByRole('heading', { name: 'ann-of-the-provider' }).waitFor();
  });

  it('lets nobody in by an answer that the page did not ask for', async () => {
    const page = await openSite();
    await page.route(`${provider.issuer}/authorize*`, async (route) => {
      const asked = new URL(route.request().url());
      asked.searchParams.set('state', 'of-somebody-else');
      await route.continue({ url: asked.href });
    });
    await page.getByRole('button', { name: 'Log in with Example' }).click();
    await page.getByRole('alert').getByText('The log-in did not succeed. Try again.').waitFor();
    expect(await page.evaluate(() => localStorage.getItem('parley session'))).toBeNull();
  });
});
