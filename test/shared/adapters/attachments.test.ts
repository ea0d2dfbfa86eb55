import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobAttachments } from '../../../shared/adapters/blobs/blob-attachments.ts';
import { type Tables } from '../../../shared/adapters/tables/tables.ts';
import { settingOf } from '../../../shared/config.ts';
import { attachmentIdOf } from '../../../shared/domain/identifiers.ts';
import type { AttachmentRecord, Attachments } from '../../../shared/ports/attachments.ts';
import { startTables, type Azurite } from '../../support/azurite.ts';
import { aUser } from '../../support/builders.ts';
import { FakeAttachments, FakeTimer } from '../../support/fakes.ts';

let azurite: Azurite;
let tables: Tables;

beforeAll(async () => {
  ({ azurite, tables } = await startTables());
}, 60_000);

afterAll(() => azurite.stop());

/** An attachment that a message of its own has. @param source whose bytes it has, if not its own */
const aRecord = (source?: AttachmentRecord): AttachmentRecord => {
  const messageId = aUser('m');
  const attachmentId = attachmentIdOf(messageId);
  return {
    ...{ attachmentId, messageId, conversationId: `d-${'x'.repeat(24)}`, ownerId: 'ann' },
    ...{ fileName: 'a.png', contentType: 'image/png', size: 4, sha256: null },
    createdAt: '2026-01-01T12:00:00.000Z',
    bytesOf: source?.bytesOf ?? attachmentId,
  };
};

/** Attachments, and a way to have the bytes of one uploaded. */
interface Opened {
  attachments: Attachments;
  upload: (record: AttachmentRecord) => Promise<void>;
}

const inFakes = (): Promise<Opened> => {
  const attachments = new FakeAttachments();
  const upload = ({ attachmentId }: AttachmentRecord) =>
    Promise.resolve(void attachments.uploaded.add(attachmentId));
  return Promise.resolve({ attachments, upload });
};

const inAzurite = async (): Promise<Opened> => {
  const accountKey = new StorageSharedKeyCredential(
    settingOf(azurite.blobs, 'AccountName') ?? '',
    settingOf(azurite.blobs, 'AccountKey') ?? '',
  );
  const attachments = new BlobAttachments(
    BlobServiceClient.fromConnectionString(azurite.blobs),
    tables,
    { now: () => new Date() },
    { uploadUrlMinutes: 5, downloadUrlMinutes: 5, accountKey },
  );
  await attachments.createContainer();
  const upload = async ({ attachmentId }: AttachmentRecord): Promise<void> => {
    const { url } = await attachments.uploadUrl(attachmentId);
    const put = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'data' };
    expect((await fetch(url, put)).status).toBe(201);
  };
  return { attachments, upload };
};

describe.each([
  ['that only tests have', inFakes],
  ['in Table and Blob Storage', inAzurite],
])('attachments %s', (_, open) => {
  /** One whose bytes are there. */
  const anUpload = async () => {
    const opened = await open();
    const source = aRecord();
    await opened.attachments.reserve(source);
    await opened.upload(source);
    return { ...opened, source };
  };

  it('are noted once, and have their bytes when these were uploaded', async () => {
    const { attachments, upload } = await open();
    const record = aRecord();
    await attachments.reserve(record);
    await attachments.reserve({ ...record, ownerId: 'eve' });
    expect(await attachments.find(record.attachmentId)).toEqual(record);
    expect(await attachments.isUploaded(record)).toBe(false);
    await upload(record);
    expect(await attachments.isUploaded(record)).toBe(true);
    expect(await attachments.find(attachmentIdOf('another'))).toBeUndefined();
  });

  it('share their bytes until the last that has them is removed', async () => {
    const { attachments, source } = await anUpload();
    const [one, two] = [aRecord(source), aRecord(source)];
    expect(await attachments.share(source, [one])).toBe(true);
    expect(await attachments.share(source, [one])).toBe(true);
    await attachments.remove(source.attachmentId);
    await attachments.remove(source.attachmentId);
    expect(await attachments.find(source.attachmentId)).toBeUndefined();
    expect(await attachments.isUploaded(one)).toBe(true);
    expect(await attachments.share(one, [two])).toBe(true); // a copy of a copy
    await attachments.remove(one.attachmentId);
    expect(await attachments.find(two.attachmentId)).toEqual(two);
    expect(await attachments.isUploaded(two)).toBe(true);
    await attachments.remove(two.attachmentId);
    await attachments.remove(two.attachmentId);
    expect(await attachments.find(two.attachmentId)).toBeUndefined();
    expect(await (await open()).attachments.isUploaded(two)).toBe(false);
  });

  it('of what was removed cannot be shared any more', async () => {
    const { attachments, source } = await anUpload();
    const [one, two] = [aRecord(source), aRecord(source)];
    await attachments.share(source, [one]);
    await attachments.remove(source.attachmentId);
    expect(await attachments.share(source, [two])).toBe(false);
    expect(await attachments.find(two.attachmentId)).toBeUndefined();
    await attachments.remove(one.attachmentId);
    expect(await attachments.share(one, [two])).toBe(false);
    expect(await (await open()).attachments.isUploaded(source)).toBe(false);
  });
});

describe('bytes in Blob Storage', () => {
  it('are read through every attachment that has them, under its own name', async () => {
    const { attachments, upload } = await inAzurite();
    const source = aRecord();
    await attachments.reserve(source);
    await upload(source);
    const copy = { ...aRecord(source), fileName: 'b.png' };
    await attachments.share(source, [copy]);
    const { url, expiresAt } = await attachments.downloadUrl(copy);
    const response = await fetch(url);
    expect(await response.text()).toBe('data');
    expect(response.headers.get('content-disposition')).toContain('"b.png"');
    expect(expiresAt.getTime()).toBeGreaterThan(new FakeTimer().now().getTime());
  });
});
