import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  type BlobClient,
  type BlobSASSignatureValues,
  type BlobServiceClient,
  type StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import {
  boundBy,
  withFinding,
  type AttachmentRecord,
  type Claim,
  type Finding,
} from '../../domain/attachment.ts';
import { servedType } from '../../domain/file-types.ts';
import type { Attachments, SignedUrl, Upload } from '../../ports/attachments.ts';
import type { Clock } from '../../ports/clock.ts';
import { blobNameOf } from './blob-name.ts';
import { AttachmentRecords } from '../tables/attachment-records.ts';
import { guard, isStatus } from '../tables/errors.ts';
import type { Tables } from '../tables/tables.ts';
import { BlobUpload } from './blob-upload.ts';

/** The container that holds the bytes; no one may list it. */
export const attachmentContainer = 'attachments';

export interface BlobAttachmentsOptions {
  uploadUrlMinutes: number;
  downloadUrlMinutes: number;
  /** How long a call to Blob Storage may take, with all its tries. Default: ten seconds. */
  callMs?: number;
}

const defaultCallMs = 10_000;

/** A delegation key lives up to seven days; an hour before its end a new one is fetched. */
const keyHours = 24;

/** Clocks of Azure and ours may differ: a URL that begins in our future would be refused. */
const clockSkewMs = 5 * 60_000;

/** RFC 6266 §4.3, RFC 8187: any name, without a character that could end the header's value. */
const contentDisposition = (fileName: string): string => {
  const ascii = fileName.replace(/[^\w.() -]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};

/**
 * Bytes in Blob Storage, what is known of them in the table `Attachments`. URLs are signed by a user delegation key where
 * the service speaks for an identity, and by the account key where it has one (Azurite).
 */
export class BlobAttachments implements Attachments {
  readonly #service: BlobServiceClient;
  readonly #records: AttachmentRecords;
  readonly #clock: Clock;
  readonly #options: BlobAttachmentsOptions;
  readonly #accountKey: StorageSharedKeyCredential | undefined;
  #delegation: { key: UserDelegationKey; until: number } | undefined;

  constructor(
    service: BlobServiceClient,
    tables: Pick<Tables, 'attachments'>,
    clock: Clock,
    options: BlobAttachmentsOptions & { accountKey: StorageSharedKeyCredential | undefined },
  ) {
    this.#service = service;
    this.#records = new AttachmentRecords(tables.attachments);
    this.#clock = clock;
    this.#options = options;
    this.#accountKey = options.accountKey;
  }

  /** Creates the container if it is missing. */
  async createContainer(): Promise<void> {
    await guard(() =>
      this.#service
        .getContainerClient(attachmentContainer)
        .createIfNotExists({ abortSignal: this.#inTime() }),
    );
  }

  reserve(record: AttachmentRecord): Promise<void> {
    return this.#records.add(record);
  }

  share(source: AttachmentRecord, records: readonly AttachmentRecord[]): Promise<boolean> {
    return this.#records.share(source, records);
  }

  async bind(attachmentId: string, claim: Claim): Promise<AttachmentRecord | undefined> {
    const { messageId } = claim;
    const bound = await this.#records.change(attachmentId, (record) => boundBy(record, claim));
    if (bound?.messageId === messageId) await this.#records.noteBound({ attachmentId, messageId });
    return bound;
  }

  note(attachmentId: string, finding: Finding): Promise<AttachmentRecord | undefined> {
    return this.#records.change(attachmentId, (record) => withFinding(record, finding));
  }

  async remove(attachmentId: string): Promise<void> {
    const record = await this.find(attachmentId);
    // First: afterwards nothing would lead to it.
    if (record?.messageId != null && record.bytesOf === attachmentId)
      await this.#records.forgetBound(record.messageId);
    await this.#remove(attachmentId);
  }

  async removeOf(messageId: string): Promise<void> {
    for (const attachmentId of await this.#records.ofMessage(messageId)) await this.#remove(attachmentId);
    await this.#records.forgetBound(messageId); // last: it leads to what a try that died has left
  }

  find(attachmentId: string): Promise<AttachmentRecord | undefined> {
    return this.#records.find(attachmentId);
  }

  async open({ bytesOf }: AttachmentRecord): Promise<Upload | undefined> {
    const blob = this.#blob(bytesOf);
    try {
      const found = await guard(() => blob.getProperties({ abortSignal: this.#inTime() }));
      return new BlobUpload(blob, found.contentLength ?? 0, found.etag);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Who may create a blob may take snapshots of it, too: they would keep it from being deleted. */
  async removeBytes(attachmentId: string): Promise<void> {
    const options = { deleteSnapshots: 'include' as const, abortSignal: this.#inTime() };
    await guard(() => this.#blob(attachmentId).deleteIfExists(options));
  }

  /** Create without write: the blob can be put once and never replaced. */
  uploadUrl(attachmentId: string): Promise<SignedUrl> {
    return this.#sign(this.#blob(attachmentId), this.#options.uploadUrlMinutes, {
      permissions: BlobSASPermissions.parse('c'),
    });
  }

  downloadUrl({ bytesOf, fileName, contentType }: AttachmentRecord): Promise<SignedUrl> {
    return this.signRead(this.#blob(bytesOf), fileName, servedType(contentType));
  }

  /** A URL that reads one blob, of any container. */
  signRead(blob: BlobClient, fileName: string, contentType: string): Promise<SignedUrl> {
    return this.#sign(blob, this.#options.downloadUrlMinutes, {
      permissions: BlobSASPermissions.parse('r'),
      contentDisposition: contentDisposition(fileName),
      contentType,
      cacheControl: 'private, max-age=300',
    });
  }

  async erase(attachmentId: string, ownerId: string): Promise<void> {
    const record = await this.find(attachmentId);
    // Without a record it may be one whose removal died half way.
    if (record === undefined || record.ownerId === ownerId) await this.remove(attachmentId);
  }

  #remove(attachmentId: string): Promise<void> {
    return this.#records.remove(attachmentId, (bytesOf) => this.removeBytes(bytesOf));
  }

  /** The SDK would wait for an answer without end. */
  #inTime(): AbortSignal {
    return AbortSignal.timeout(this.#options.callMs ?? defaultCallMs);
  }

  #blob(attachmentId: string) {
    return this.#service.getContainerClient(attachmentContainer).getBlobClient(blobNameOf(attachmentId));
  }

  async #sign(blob: BlobClient, minutes: number, what: Partial<BlobSASSignatureValues>): Promise<SignedUrl> {
    const now = this.#clock.now().getTime();
    const expiresAt = new Date(now + minutes * 60_000);
    const values: BlobSASSignatureValues = {
      ...what,
      containerName: blob.containerName,
      blobName: blob.name,
      startsOn: new Date(now - clockSkewMs),
      expiresOn: expiresAt,
      protocol: blob.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    };
    const query = this.#accountKey
      ? generateBlobSASQueryParameters(values, this.#accountKey)
      : generateBlobSASQueryParameters(values, await this.#delegationKey(now), this.#service.accountName);
    return { url: `${blob.url}?${query.toString()}`, expiresAt };
  }

  async #delegationKey(now: number): Promise<UserDelegationKey> {
    if (this.#delegation && this.#delegation.until > now) return this.#delegation.key;
    const until = now + keyHours * 3_600_000;
    const key = await guard(() =>
      this.#service.getUserDelegationKey(new Date(now - clockSkewMs), new Date(until), {
        abortSignal: this.#inTime(),
      }),
    );
    this.#delegation = { key, until: until - 3_600_000 };
    return key;
  }
}
