import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { BlockBlobClient } from '@azure/storage-blob';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, User, type SendAnswer } from '../support/chat.ts';

/**
 * Files at the running app, put and fetched through the vendor's own SDK. What a URL allows is shown one by one in
 * `attachments.test.ts`. `ATTACHMENT_MIB=100 npm run test:security` uploads as much as is allowed; without it less.
 */

const mebibytes = Number(process.env.ATTACHMENT_MIB ?? 8);

interface Reservation {
  attachmentId: string;
  uploadUrl: string;
  headers: Record<string, string>;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');

let ann: User;
let bo: User;
let eve: User;
let conversationId: string;

beforeAll(async () => {
  [ann, bo, eve] = await Promise.all([User.create('ann'), User.create('bo'), User.create('eve')]);
  ({ conversationId } = await ann.send(bo, 'hi'));
  await bo.historyWith(conversationId, 1);
});

const reserve = async (file: object, user = ann, to = conversationId): Promise<Reservation> => {
  const { status, body } = await user.post<Reservation>('/attachments', { conversationId: to, ...file });
  expect(status).toBe(201);
  return body;
};

const complete = ({ attachmentId }: Reservation, user = ann) =>
  user.post<{ code?: string; availableAt?: string }>(`/attachments/${attachmentId}/complete`, {});

/** Asks once: what is refused is not asked for again. */
const blobAt = ({ uploadUrl }: Reservation): BlockBlobClient =>
  new BlockBlobClient(uploadUrl, undefined, { retryOptions: { maxTries: 1 } });

describe('an upload', () => {
  it('of as much as is allowed is one PUT with progress, checked, and comes back byte for byte', async () => {
    const bytes = randomBytes(mebibytes * 1024 * 1024);
    const sha256 = hashOf(bytes);
    const file = { fileName: 'large.bin', contentType: 'application/octet-stream', size: bytes.length };
    const reserved = await reserve({ ...file, sha256 });
    const seen: number[] = [];
    const chunks = Array.from({ length: mebibytes * 4 }, (_, n) => bytes.subarray(n << 18, (n + 1) << 18));
    await blobAt(reserved).upload(() => Readable.from(chunks), bytes.length, {
      onProgress: ({ loadedBytes }) => seen.push(loadedBytes),
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(bytes.length);
    const start = performance.now();
    expect(await complete(reserved)).toMatchObject({
      status: 200,
      body: { availableAt: expect.any(String) as string },
    });
    if (mebibytes >= 64)
      process.stdout.write(`${mebibytes} MiB were checked in ${Math.round(performance.now() - start)} ms\n`);
    const sent = await ann.post<SendAnswer>('/sendMessage', {
      ...{ conversationId, attachmentId: reserved.attachmentId },
    });
    expect(sent.status).toBe(202);
    const path = `/attachments/${reserved.attachmentId}`;
    const { downloadUrl } = await eventually(async () => {
      const { status, body } = await bo.get<{ downloadUrl: string }>(path);
      return status === 200 ? body : undefined;
    });
    const got = await new BlockBlobClient(downloadUrl).downloadToBuffer();
    expect(got.length).toBe(bytes.length);
    expect(hashOf(got)).toBe(sha256);
  }, 300_000);

  it('of more than is allowed is refused before there is a URL', async () => {
    const file = { conversationId, fileName: 'a.bin', contentType: 'application/octet-stream' };
    for (const size of [100 * 1024 * 1024 + 1, 0, -1, 1.5, 1e300]) {
      const { status, body } = await ann.post('/attachments', { ...file, size });
      expect([size, status, body.code]).toEqual([size, 400, 'malformed-request']);
    }
  });

  it('of a page under the name and type of a picture is refused for good, and so is what runs', async () => {
    const page = Buffer.from('<!doctype html><script>alert(1)</script>');
    const reserved = await reserve({ fileName: 'cat.png', contentType: 'image/png', size: page.length });
    await blobAt(reserved).upload(page, page.length, { blobHTTPHeaders: { blobContentType: 'text/html' } });
    for (const answer of [await complete(reserved), await complete(reserved)])
      expect(answer).toMatchObject({ status: 422, body: { code: 'attachment-type-mismatch' } });
    await expect(blobAt(reserved).download()).rejects.toMatchObject({ statusCode: 403 });
    for (const contentType of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/javascript'])
      expect(
        await ann.post('/attachments', { conversationId, fileName: 'a.png', contentType, size: 4 }),
      ).toMatchObject({ status: 400, body: { code: 'malformed-request' } });
  });

  it('cannot be done twice: what was checked is what everybody gets', async () => {
    const reserved = await reserve({ fileName: 'a.png', contentType: 'image/png', size: png.length });
    await blobAt(reserved).upload(png, png.length);
    expect((await complete(reserved)).status).toBe(200);
    await expect(blobAt(reserved).upload(Buffer.alloc(png.length), png.length)).rejects.toMatchObject({
      statusCode: 403,
    });
    expect((await complete(reserved)).status).toBe(200);
  });
});

describe('a file of others', () => {
  it('is not completed, fetched or sent on, and one of another conversation is in no message of mine', async () => {
    const reserved = await reserve({ fileName: 'a.png', contentType: 'image/png', size: png.length });
    await blobAt(reserved).upload(png, png.length);
    const { conversationId: own } = await eve.send(bo, 'hi');
    await bo.historyWith(own, 1);
    const { attachmentId } = reserved;
    expect(await complete(reserved, eve)).toMatchObject({ status: 403, body: { code: 'not-a-member' } });
    expect(await eve.get(`/attachments/${attachmentId}`)).toMatchObject({ status: 403 });
    expect(await complete(reserved, bo)).toMatchObject({ status: 403, body: { code: 'not-permitted' } });
    for (const [user, to] of [
      [eve, own], // somebody else's
      [bo, own],
      [bo, conversationId],
    ] as const)
      expect(await user.post('/sendMessage', { conversationId: to, attachmentId })).toMatchObject({
        ...{ status: 404, body: { code: 'not-found' } },
      });
    const { conversationId: elsewhere } = await ann.send(eve, 'hi');
    await eve.historyWith(elsewhere, 1);
    expect(await ann.post('/sendMessage', { conversationId: elsewhere, attachmentId })).toMatchObject({
      ...{ status: 404, body: { code: 'not-found' } }, // one's own, reserved for another conversation
    });
  });
});
