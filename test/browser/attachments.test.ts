import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { usePageStack } from './page-stack.ts';
import { messageIn, openChat, say } from './visitor.ts';

const site = usePageStack({ settings: { MAX_ATTACHMENT_BYTES: '2000000' } });

interface Picked {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const pick = async (page: Page, file: Picked): Promise<void> => {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Attach a file' }).click(),
  ]);
  await chooser.setFiles(file);
};

/** One grey point, as PNG. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
const isDrawn = (picture: ReturnType<Page['getByRole']>): Promise<boolean> =>
  picture.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0);

const aPairAtTheirPages = async (): Promise<{ anns: Page; bobs: Page }> => {
  const { ann, bob } = await site.aPair();
  const [anns, bobs] = await Promise.all([site.open(ann), site.open(bob)]);
  await Promise.all([openChat(anns, 'Bob Baker'), openChat(bobs, 'Ann Archer')]);
  return { anns, bobs };
};

describe('a file', () => {
  it('is seen before it is sent if it is a picture, and by the other afterwards', async () => {
    const { anns, bobs } = await aPairAtTheirPages();
    await pick(anns, { name: 'point.png', mimeType: 'image/png', buffer: png });
    await anns.getByText('point.png').waitFor();
    await expect.poll(() => isDrawn(anns.locator('.enclosure img'))).toBe(true);
    await say(anns, 'The point');
    for (const page of [anns, bobs]) {
      await messageIn(page, 'The point').waitFor();
      const picture = page.getByRole('log').getByRole('img', { name: 'point.png' });
      await picture.waitFor();
      await expect.poll(() => isDrawn(picture)).toBe(true);
    }
    await anns.getByText('point.png').waitFor({ state: 'hidden' });
  });

  it('comes to the other byte by byte as it was', async () => {
    const { anns, bobs } = await aPairAtTheirPages();
    const buffer = Buffer.from('%PDF-1.7\nthe plan\n%%EOF\n');
    await pick(anns, { name: 'plan.pdf', mimeType: 'application/pdf', buffer });
    await anns.getByRole('button', { name: 'Send' }).click();
    const file = bobs.getByRole('log').getByRole('button', { name: 'plan.pdf' });
    const [download] = await Promise.all([bobs.waitForEvent('download'), file.click()]);
    expect(download.suggestedFilename()).toBe('plan.pdf');
    expect(readFileSync(await download.path())).toEqual(buffer);
  });

  it('shows how far it has come, and can be stopped on its way', async () => {
    const { anns } = await aPairAtTheirPages();
    const asked = Promise.withResolvers<undefined>();
    // Storage that takes its time: the answer comes when the page has stopped waiting for it.
    const free = Promise.withResolvers<undefined>();
    await anns.route(/devstoreaccount1/, async (route) => {
      asked.resolve(undefined);
      await free.promise;
      await route.abort('aborted').catch(() => undefined);
    });
    await pick(anns, { name: 'long.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(1e6) });
    await say(anns, 'Here it is');
    await asked.promise;
    await anns.getByRole('progressbar', { name: 'Uploading long.bin' }).waitFor();
    await anns.getByRole('button', { name: 'Stop uploading' }).click();
    await anns.getByText('long.bin').waitFor({ state: 'hidden' });
    free.resolve(undefined);
    expect(await anns.getByLabel(/^Message to/).inputValue()).toBe('Here it is');
    expect(await messageIn(anns, 'Here it is').count()).toBe(0);
  });

  it.each([
    {
      what: 'is a page under the name of a picture',
      file: {
        name: 'cat.png',
        mimeType: 'image/png',
        buffer: Buffer.from('<html><script>1</script></html>'),
      },
      words: 'This file is not what its name says it is. It was not sent.',
    },
    {
      what: 'is too large',
      file: { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(2_000_001) },
      words: /at most/,
    },
  ])('that $what is refused in words, and what was written stays', async ({ file, words }) => {
    const { anns } = await aPairAtTheirPages();
    await pick(anns, file);
    await say(anns, 'Look at this');
    await anns.getByRole('alert').getByText(words).waitFor();
    expect(await anns.getByLabel(/^Message to/).inputValue()).toBe('Look at this');
    await anns.getByRole('button', { name: 'Remove the file' }).click();
    await anns.getByRole('button', { name: 'Send' }).click();
    await messageIn(anns, 'Look at this').waitFor();
  });
});
