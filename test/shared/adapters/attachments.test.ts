import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { attachmentContainer, BlobAttachments } from '../../../shared/adapters/blobs/blob-attachments.ts';
import { DefenderScan } from '../../../shared/adapters/blobs/defender-scan.ts';
import { settingOf } from '../../../shared/config.ts';
import type { AttachmentRecord } from '../../../shared/domain/attachment.ts';
import { attachmentIdOf, newAttachmentId } from '../../../shared/domain/identifiers.ts';
import type { Attachments } from '../../../shared/ports/attachments.ts';
import { ownTables } from '../../support/own-tables.ts';
import { anAttachmentRecord, aUser } from '../../support/builders.ts';
import { FakeAttachments, FakeTimer } from '../../support/fakes.ts';

const { azurite, tables } = ownTables();

const conversationId = `d-${'x'.repeat(24)}`;

/** An attachment that a message of its own has. @param source whose bytes it has, if not its own */
const aRecord = (source?: AttachmentRecord): AttachmentRecord => {
  const messageId = aUser('m');
  const attachmentId = attachmentIdOf(messageId);
  const bytesOf = source?.bytesOf ?? attachmentId;
  return anAttachmentRecord({ attachmentId, messageId, conversationId, ownerId: 'ann', bytesOf });
};

/** One that was reserved before its message. */
const aReservation = (): AttachmentRecord =>
  anAttachmentRecord({
    ...{ attachmentId: newAttachmentId(), conversationId, ownerId: 'ann' },
    ...{ availableAt: null, checkedAt: null },
  });

const claimOf = (record: AttachmentRecord, messageId: string) => ({
  ...{ messageId, conversationId, ownerId: 'ann' },
  since: record.createdAt,
});

/** Attachments, and a way to have the bytes of one uploaded. */
interface Opened {
  attachments: Attachments;
  upload: (record: AttachmentRecord, bytes?: Uint8Array<ArrayBuffer>) => Promise<void>;
}

const inFakes = (): Promise<Opened> => {
  const attachments = new FakeAttachments();
  const upload = ({ attachmentId }: AttachmentRecord, bytes: Uint8Array = Buffer.from('data')) =>
    Promise.resolve(void attachments.uploaded.set(attachmentId, bytes));
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
  const upload = async (
    { attachmentId }: AttachmentRecord,
    body: Uint8Array<ArrayBuffer> = Buffer.from('data'),
  ): Promise<void> => {
    const { url } = await attachments.uploadUrl(attachmentId);
    const put = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body };
    expect((await fetch(url, put)).status).toBe(201);
  };
  return { attachments, upload };
};

const isThere = async ({ attachments }: Pick<Opened, 'attachments'>, record: AttachmentRecord) =>
  (await attachments.open(record)) !== undefined;

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
    expect(await isThere({ attachments }, record)).toBe(false);
    await upload(record);
    expect(await isThere({ attachments }, record)).toBe(true);
    expect(await attachments.find(attachmentIdOf('another'))).toBeUndefined();
  });

  it('tell of their bytes how many there are, how they begin and what they hash to', async () => {
    const { attachments, upload } = await open();
    const [record, empty] = [aRecord(), aRecord()];
    await upload(record, Buffer.from('abc'));
    const opened = await attachments.open(record);
    expect(opened?.size).toBe(3);
    expect(Buffer.from((await opened?.start(2)) ?? []).toString()).toBe('ab');
    expect(Buffer.from((await opened?.start(4096)) ?? []).toString()).toBe('abc');
    // FIPS 180-4, the example of one block
    expect(await opened?.sha256()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    await upload(empty, Buffer.alloc(0));
    const none = await attachments.open(empty);
    expect([none?.size, (await none?.start(16))?.length]).toEqual([0, 0]);
  });

  it('are given to one message, however many ask at the same time', async () => {
    const { attachments } = await open();
    const record = aReservation();
    await attachments.reserve(record);
    const messages = ['m1', 'm2', 'm3', 'm4'].map(aUser);
    const ends = await Promise.all(
      messages.map((messageId) => attachments.bind(record.attachmentId, claimOf(record, messageId))),
    );
    const [winner] = new Set(ends.map((end) => end?.messageId));
    expect(messages).toContain(winner);
    expect(new Set(ends.map((end) => end?.messageId)).size).toBe(1);
    expect(await attachments.bind(record.attachmentId, claimOf(record, winner ?? ''))).toMatchObject({
      messageId: winner,
    });
  });

  it('are given to nobody else, to no other conversation, and not too late', async () => {
    const { attachments } = await open();
    const record = aReservation();
    await attachments.reserve(record);
    const claim = claimOf(record, aUser('m'));
    for (const wrong of [
      { ...claim, ownerId: 'eve' },
      { ...claim, conversationId: `d-${'y'.repeat(24)}` },
      { ...claim, since: '2026-01-01T12:00:00.001Z' },
    ])
      expect((await attachments.bind(record.attachmentId, wrong))?.messageId).toBeNull();
    expect(await attachments.bind(newAttachmentId(), claim)).toBeUndefined();
  });

  it('are available, or refused, for good', async () => {
    const { attachments } = await open();
    const [good, bad] = [aReservation(), aReservation()];
    for (const record of [good, bad]) await attachments.reserve(record);
    const [at, later] = ['2026-01-01T12:00:01.000Z', '2026-01-01T12:00:02.000Z'];
    await attachments.note(good.attachmentId, { checkedAt: at });
    await attachments.note(good.attachmentId, { availableAt: at });
    await attachments.note(good.attachmentId, { refusedAs: 'attachment-malicious' });
    expect(await attachments.note(good.attachmentId, { availableAt: later })).toMatchObject({
      ...{ checkedAt: at, availableAt: at, refusedAs: null },
    });
    await attachments.note(bad.attachmentId, { refusedAs: 'attachment-size-mismatch' });
    expect(await attachments.note(bad.attachmentId, { availableAt: at })).toMatchObject({
      ...{ availableAt: null, refusedAs: 'attachment-size-mismatch' },
    });
    expect(await attachments.note(newAttachmentId(), { availableAt: at })).toBeUndefined();
  });

  it('go with their message, whether they were reserved with it or before', async () => {
    const { attachments, upload, source } = await anUpload();
    const record = aReservation();
    await attachments.reserve(record);
    await upload(record);
    const messageId = aUser('m');
    await attachments.bind(record.attachmentId, claimOf(record, messageId));
    await attachments.removeOf(messageId);
    await attachments.removeOf(messageId);
    await attachments.removeOf(source.messageId ?? '');
    for (const { attachmentId } of [record, source])
      expect(await attachments.find(attachmentId)).toBeUndefined();
    expect([await isThere({ attachments }, record), await isThere({ attachments }, source)]).toEqual([
      false,
      false,
    ]);
  });

  it('leave a message that has none in peace', async () => {
    const { attachments, source } = await anUpload();
    await attachments.removeOf(aUser('m'));
    expect(await attachments.find(source.attachmentId)).toEqual(source);
  });

  it('are erased with their bytes for their owner only', async () => {
    const { attachments, source } = await anUpload();
    await attachments.erase(source.attachmentId, 'eve');
    expect(await attachments.find(source.attachmentId)).toEqual(source);
    await attachments.erase(source.attachmentId, 'ann');
    await attachments.erase(source.attachmentId, 'ann');
    expect(await attachments.find(source.attachmentId)).toBeUndefined();
    expect(await isThere({ attachments }, source)).toBe(false);
  });

  it('share their bytes until the last that has them is removed', async () => {
    const { attachments, source } = await anUpload();
    const [one, two] = [aRecord(source), aRecord(source)];
    expect(await attachments.share(source, [one])).toBe(true);
    expect(await attachments.share(source, [one])).toBe(true);
    await attachments.remove(source.attachmentId);
    await attachments.remove(source.attachmentId);
    expect(await attachments.find(source.attachmentId)).toBeUndefined();
    expect(await isThere({ attachments }, one)).toBe(true);
    expect(await attachments.share(one, [two])).toBe(true); // a copy of a copy
    await attachments.remove(one.attachmentId);
    expect(await attachments.find(two.attachmentId)).toEqual(two);
    expect(await isThere({ attachments }, two)).toBe(true);
    await attachments.remove(two.attachmentId);
    await attachments.remove(two.attachmentId);
    expect(await attachments.find(two.attachmentId)).toBeUndefined();
    expect(await isThere({ attachments }, two)).toBe(false);
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
    expect(await isThere({ attachments }, source)).toBe(false);
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

  it('leave no row behind of one that was reserved before its message', async () => {
    const { attachments } = await inAzurite();
    for (const end of ['remove', 'removeOf'] as const) {
      const record = aReservation();
      await attachments.reserve(record);
      const messageId = aUser('m');
      await attachments.bind(record.attachmentId, claimOf(record, messageId));
      await attachments[end](end === 'remove' ? record.attachmentId : messageId);
      const rows = [];
      for await (const row of tables.attachments.listEntities())
        if ([record.attachmentId, attachmentIdOf(messageId)].includes(row.partitionKey ?? '')) rows.push(row);
      expect([end, rows]).toEqual([end, []]);
    }
  });

  it('that others have taken the place of meanwhile are not taken for those that were looked at', async () => {
    const { attachments, upload } = await inAzurite();
    const record = aRecord();
    await upload(record);
    const opened = await attachments.open(record);
    const container = BlobServiceClient.fromConnectionString(azurite.blobs).getContainerClient(
      attachmentContainer,
    );
    await container.getBlockBlobClient(record.attachmentId).upload('evil', 4);
    await expect(opened?.sha256()).rejects.toMatchObject({ code: 'unavailable' });
    await attachments.removeBytes(record.attachmentId);
    await expect(opened?.start(4)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the scan of Defender for Storage', () => {
  it('is known by the tag of the blob', async () => {
    const { upload } = await inAzurite();
    const service = BlobServiceClient.fromConnectionString(azurite.blobs);
    const scan = new DefenderScan(service);
    const record = aRecord();
    expect(await scan.verdict(record.bytesOf)).toBe('pending');
    await upload(record);
    expect(await scan.verdict(record.bytesOf)).toBe('pending');
    const blob = service.getContainerClient(attachmentContainer).getBlobClient(record.bytesOf);
    const results = { 'No threats found': 'clean', Malicious: 'malicious', 'Not scanned': 'pending' };
    for (const [tag, verdict] of Object.entries(results)) {
      await blob.setTags({ 'Malware Scanning scan result': tag });
      expect(await scan.verdict(record.bytesOf)).toBe(verdict);
    }
  });
});
