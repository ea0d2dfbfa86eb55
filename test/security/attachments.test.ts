import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { BlobServiceClient, BlockBlobClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachmentContainer, BlobAttachments } from '../../shared/adapters/blobs/blob-attachments.ts';
import { noScan } from '../../shared/adapters/blobs/defender-scan.ts';
import { MemoryConversationLog } from '../../shared/adapters/memory/memory-conversation-log.ts';
import { TableAttachmentLooks } from '../../shared/adapters/tables/table-attachment-looks.ts';
import { settingOf } from '../../shared/config.ts';
import type { AttachmentRecord } from '../../shared/domain/attachment.ts';
import { cleanFileName } from '../../shared/domain/file-name.ts';
import { newAttachmentId } from '../../shared/domain/identifiers.ts';
import { examineAttachment } from '../../shared/use-cases/examine-attachment.ts';
import { noteLook } from '../../shared/use-cases/offer-upload.ts';
import { sweepAttachments } from '../../shared/use-cases/sweep-attachments.ts';
import { anAttachmentRecord } from '../support/builders.ts';
import { ownTables } from '../support/own-tables.ts';

/** What somebody who has a URL of ours may try, through the vendor's own SDK. */

const { azurite, tables } = ownTables();
let service: BlobServiceClient;
let accountKey: StorageSharedKeyCredential;

beforeAll(async () => {
  service = BlobServiceClient.fromConnectionString(azurite.blobs);
  accountKey = new StorageSharedKeyCredential(
    settingOf(azurite.blobs, 'AccountName') ?? '',
    settingOf(azurite.blobs, 'AccountKey') ?? '',
  );
  await attachmentsAt().createContainer();
}, 120_000);

const attachmentsAt = (now = (): Date => new Date()): BlobAttachments =>
  new BlobAttachments(service, tables, { now }, { uploadUrlMinutes: 10, downloadUrlMinutes: 10, accountKey });

/** Reserved, with a URL to upload it. */
const aReservation = async (more: Partial<AttachmentRecord> = {}) => {
  const attachments = attachmentsAt();
  const record = anAttachmentRecord({
    ...{ attachmentId: newAttachmentId(), conversationId: `d-${'x'.repeat(24)}`, ownerId: 'ann' },
    ...{ contentType: 'text/plain', availableAt: null, checkedAt: null, ...more },
  });
  await attachments.reserve(record);
  const { url } = await attachments.uploadUrl(record.attachmentId);
  return { attachments, record, url, blob: blobAt(url) };
};

const examine = (attachments: BlobAttachments, record: AttachmentRecord) =>
  examineAttachment({ attachments, scan: noScan, clock: { now: () => new Date() } }, record);

/** Asks once: what is refused is not asked for again. */
const blobAt = (url: string): BlockBlobClient =>
  new BlockBlobClient(url, undefined, { retryOptions: { maxTries: 1 } });

/** What storage answers. */
const statusOf = async (call: () => Promise<unknown>): Promise<number> => {
  try {
    await call();
    return 200;
  } catch (error) {
    return (error as { statusCode?: number }).statusCode ?? 0;
  }
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody still holds: what is only not collected yet says nothing. */
const heldBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
};

const refused = [403, 409];

/** The same URL for another blob, or another container. */
const elsewhere = (url: string, path: string): string => {
  const to = new URL(url);
  to.pathname = `/devstoreaccount1/${path}`;
  return to.href;
};

describe('a URL to upload', () => {
  it('may create one blob, by https in Azure, for ten minutes, and nothing else', async () => {
    const azure = new BlobServiceClient('https://account.blob.core.windows.net', accountKey);
    const now = new Date();
    const options = { uploadUrlMinutes: 10, downloadUrlMinutes: 10, accountKey };
    const id = newAttachmentId();
    const { url, expiresAt } = await new BlobAttachments(
      azure,
      tables,
      { now: () => now },
      options,
    ).uploadUrl(id);
    const { protocol, pathname, searchParams } = new URL(url);
    expect([protocol, pathname]).toEqual(['https:', `/${attachmentContainer}/${id}`]);
    expect(Object.fromEntries(searchParams)).toMatchObject({ sp: 'c', sr: 'b', spr: 'https' });
    expect(Date.parse(searchParams.get('se') ?? '') - now.getTime()).toBeLessThanOrEqual(600_000);
    expect(expiresAt.getTime() - now.getTime()).toBe(600_000);
  });

  it('creates its blob once: what is there is never replaced, appended to or deleted', async () => {
    const { url, blob } = await aReservation();
    await blob.upload('data', 4);
    expect(refused).toContain(await statusOf(() => blob.upload('evil', 4)));
    expect(refused).toContain(await statusOf(() => blob.delete()));
    expect(refused).toContain(await statusOf(() => blob.setHTTPHeaders({ blobContentType: 'text/html' })));
    expect(refused).toContain(await statusOf(() => blob.setMetadata({ a: 'b' })));
    expect((await fetch(url)).status).toBe(403); // nor does it read
    const id = decodeURIComponent(new URL(url).pathname).split('/').at(-1) ?? '';
    const stored = await service.getContainerClient(attachmentContainer).getBlobClient(id).downloadToBuffer();
    expect(stored.toString()).toBe('data');
  });

  it('is for no other blob, no other container and no list', async () => {
    const { url } = await aReservation();
    const other = await aReservation();
    await service.getContainerClient('exports').createIfNotExists();
    for (const path of [
      `${attachmentContainer}/${other.record.attachmentId}`,
      `exports/${other.record.attachmentId}`,
      `${attachmentContainer}/..%2Fexports%2Fx`,
      `${attachmentContainer}/%2e%2e/exports/x`,
    ])
      expect(
        await statusOf(() => blobAt(elsewhere(url, path)).upload('data', 4)),
        path,
      ).toBeGreaterThanOrEqual(400);
    const list = `${elsewhere(url, attachmentContainer)}&restype=container&comp=list`;
    expect((await fetch(list)).status).toBe(403);
    expect(await other.attachments.open(other.record)).toBeUndefined();
  });

  it('cannot be changed to allow more, or last longer', async () => {
    const { url } = await aReservation();
    for (const [name, value] of [
      ['sp', 'racwd'],
      ['se', '2099-01-01T00:00:00Z'],
      ['sr', 'c'],
    ] as const) {
      const forged = new URL(url);
      forged.searchParams.set(name, value);
      expect(await statusOf(() => blobAt(forged.href).upload('data', 4)), name).toBe(403);
    }
  });

  it('ends after its minutes', async () => {
    const past = attachmentsAt(() => new Date(Date.now() - 11 * 60_000));
    const { url, expiresAt } = await past.uploadUrl(newAttachmentId());
    expect(expiresAt.getTime()).toBeLessThan(Date.now());
    expect(await statusOf(() => blobAt(url).upload('data', 4))).toBe(403);
  });

  it('keeps nothing from being taken away by a snapshot', async () => {
    const { attachments, record, blob } = await aReservation({ size: 5 });
    await blob.upload('data', 4);
    await statusOf(() => blob.createSnapshot()); // the right to create allows it in Azure
    await service.getContainerClient(attachmentContainer).getBlobClient(record.attachmentId).createSnapshot();
    expect(await examine(attachments, record)).toMatchObject({ refusedAs: 'attachment-size-mismatch' });
    expect(await attachments.open(record)).toBeUndefined();
  });
});

describe('a URL to download', () => {
  it('reads one blob, as a download of an allowed type, whatever the uploader said it is', async () => {
    const { attachments, record, blob } = await aReservation({
      contentType: 'text/html',
      fileName: 'a"\r\nb.html',
    });
    await blob.upload('<script>', 8, { blobHTTPHeaders: { blobContentType: 'text/html' } });
    const { url } = await attachments.downloadUrl(record);
    const { headers } = await fetch(url);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[^"\r\n]*"; filename\*=/);
    const own = blobAt(url);
    for (const call of [() => own.upload('evil', 4), () => own.delete()])
      expect(refused).toContain(await statusOf(call));
    const other = await aReservation();
    await other.blob.upload('data', 4);
    const path = `${attachmentContainer}/${other.record.attachmentId}`;
    expect((await fetch(elsewhere(url, path))).status).toBe(403);
  });

  it('ends after its minutes', async () => {
    const { record, blob } = await aReservation();
    await blob.upload('data', 4);
    const past = attachmentsAt(() => new Date(Date.now() - 11 * 60_000));
    expect((await fetch((await past.downloadUrl(record)).url)).status).toBe(403);
  });
});

describe('what is uploaded', () => {
  const page = '<!doctype html><script>alert(1)</script>';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';

  it.each([
    ['a page', page],
    ['a picture with scripts', svg],
    ['XML', `<?xml version="1.0"?>${svg}`],
    ['a script', 'alert(document.cookie)'],
  ])('as a picture, and is %s, is refused and taken away', async (_, text) => {
    for (const contentType of ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/heic']) {
      const { attachments, record, blob } = await aReservation({ contentType, size: text.length });
      await blob.upload(text, text.length);
      expect(await examine(attachments, record)).toMatchObject({ refusedAs: 'attachment-type-mismatch' });
      expect(await attachments.open(record)).toBeUndefined();
    }
  });

  it('and is more, less or other than was announced is refused and taken away', async () => {
    const sha256 = createHash('sha256').update('data').digest('hex');
    for (const [text, refusedAs] of [
      ['more data', 'attachment-size-mismatch'],
      ['', 'attachment-size-mismatch'],
      ['evil', 'attachment-hash-mismatch'],
    ] as const) {
      const { attachments, record, blob } = await aReservation({ sha256 });
      await blob.upload(text, text.length);
      expect(await examine(attachments, record)).toMatchObject({ refusedAs });
      expect(await attachments.open(record)).toBeUndefined();
    }
  });

  it('and would unpack to a gigabyte is taken as it is, and unpacked by nobody', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    // A zip archive as far as its beginning goes, which is all that a type says.
    const archive = Buffer.concat([Buffer.from('PK\x03\x04'), bomb]);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const type = { contentType: 'application/zip', size: archive.length, sha256 };
    const { attachments, record, blob } = await aReservation(type);
    await blob.uploadData(archive, { maxSingleShotSize: archive.length + 1 });
    expect(await examine(attachments, record)).toMatchObject({ refusedAs: null });
    const { url } = await attachments.downloadUrl(record);
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(archive.length);
  });

  it('may be large, and is read in little memory', async () => {
    const mebibytes = Number(process.env.ATTACHMENT_MIB ?? 16); // ATTACHMENT_MIB=100: as large as is allowed
    const piece = randomBytes(1024 * 1024);
    const size = mebibytes * piece.length;
    const hash = createHash('sha256');
    for (let n = 0; n < mebibytes; n++) hash.update(piece);
    const sha256 = hash.digest('hex');
    const type = { contentType: 'application/octet-stream', size, sha256 };
    const { attachments, record, url } = await aReservation(type);
    const body = Readable.toWeb(Readable.from(Array.from({ length: mebibytes }, () => piece)));
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-length': String(size) };
    const put = { method: 'PUT', headers, body: body as ReadableStream, duplex: 'half' } as RequestInit;
    const before = heldBytes();
    expect((await fetch(url, put)).status).toBe(201);
    const held: number[] = [];
    const watch = setInterval(() => held.push(heldBytes() - before), 5);
    const known = await examine(attachments, record);
    clearInterval(watch);
    expect(known).toMatchObject({ refusedAs: null, availableAt: expect.any(String) as string });
    expect(held.length).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(8 * 1024 * 1024);
  }, 300_000);
});

describe('a file that nobody wants', () => {
  it('is taken away, whether it was uploaded or not', async () => {
    const reservedAt = Date.now();
    let time = reservedAt;
    const clock = { now: () => new Date(time) };
    const looks = new TableAttachmentLooks(tables);
    const attachments = attachmentsAt();
    const log = new MemoryConversationLog();
    const reserved = await Promise.all(
      [1, 2].map(async () => {
        const { record, blob } = await aReservation({ createdAt: clock.now().toISOString() });
        await noteLook({ looks, clock }, record.attachmentId, new Date(reservedAt + 600_000));
        return { record, blob };
      }),
    );
    await reserved[0]?.blob.upload('data', 4);
    const sweep = sweepAttachments({
      ...{ attachments, scan: noScan, looks, log, clock, newChangeId: newAttachmentId },
      outbox: { enqueueChange: () => Promise.reject(new Error('There is nothing to tell.')) },
    });
    // As the timer does, for a day and two hours.
    for (let hours = 0; hours <= 26; hours++) {
      expect(await sweep({ traceparent: '' })).toMatchObject({ errors: [] });
      time += 3_600_000;
    }
    for (const { record } of reserved) {
      expect(await attachments.find(record.attachmentId)).toBeUndefined();
      expect(await attachments.open(record)).toBeUndefined();
    }
  });
});

describe('the name of a file', () => {
  it.each([
    ['leads elsewhere', '../../etc/passwd'],
    ['leads elsewhere in other words', '%2e%2e%2fx'],
    ['leads elsewhere on Windows', '..\\..\\windows\\system32\\x'],
    ['has a NUL', 'a\0.png'],
    ['runs from right to left', 'photo\u202egnp.exe'],
    ['is too long', 'x'.repeat(2000)],
    ['is too long in emojis', '😀'.repeat(300)],
    ['is reserved', 'CON'],
    ['is a query', 'a?sv=1&sig=2#x'],
  ])('that %s is part of no address, and harmless where it is shown', async (_, fileName) => {
    const { attachments, record, url, blob } = await aReservation({ fileName: cleanFileName(fileName) });
    expect(new URL(url).pathname).toBe(`/devstoreaccount1/${attachmentContainer}/${record.attachmentId}`);
    await blob.upload('data', 4);
    const response = await fetch((await attachments.downloadUrl(record)).url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.() -]*"; /);
    // eslint-disable-next-line no-control-regex -- finding control characters is what this is for
    expect(record.fileName).not.toMatch(/[/\\\u0000-\u001f\u202a-\u202e]/);
  });
});
