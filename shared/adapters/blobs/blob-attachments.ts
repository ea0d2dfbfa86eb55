import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  type BlobSASSignatureValues,
  type BlobServiceClient,
  type StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import type { AttachmentRecord, Attachments, SignedUrl } from '../../ports/attachments.ts';
import type { Clock } from '../../ports/clock.ts';
import { guard, isStatus } from '../tables/errors.ts';
import { findRow, type Tables } from '../tables/tables.ts';

/** The container that holds the bytes; no one may list it. */
export const attachmentContainer = 'attachments';

export interface BlobAttachmentsOptions {
  uploadUrlMinutes: number;
  downloadUrlMinutes: number;
  /** How long a call to Blob Storage may take, with all its tries. Default: ten seconds. */
  callMs?: number;
}

const defaultCallMs = 10_000;

interface AttachmentRow {
  record: string;
}

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
  readonly #table: Tables['attachments'];
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
    this.#table = tables.attachments;
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

  async reserve(record: AttachmentRecord): Promise<void> {
    const row = { partitionKey: record.attachmentId, rowKey: 'attachment', record: JSON.stringify(record) };
    try {
      await guard(() => this.#table.createEntity(row));
    } catch (error) {
      if (!isStatus(error, 409)) throw error; // a retry: the first reservation counts
    }
  }

  async find(attachmentId: string): Promise<AttachmentRecord | undefined> {
    const row = await findRow<AttachmentRow>(this.#table, attachmentId, 'attachment');
    return row && (JSON.parse(row.record) as AttachmentRecord);
  }

  isUploaded(attachmentId: string): Promise<boolean> {
    return guard(() => this.#blob(attachmentId).exists({ abortSignal: this.#inTime() }));
  }

  /** Create without write: the blob can be put once and never replaced. */
  uploadUrl(attachmentId: string): Promise<SignedUrl> {
    return this.#sign(attachmentId, this.#options.uploadUrlMinutes, {
      permissions: BlobSASPermissions.parse('c'),
    });
  }

  downloadUrl({ attachmentId, fileName, contentType }: AttachmentRecord): Promise<SignedUrl> {
    return this.#sign(attachmentId, this.#options.downloadUrlMinutes, {
      permissions: BlobSASPermissions.parse('r'),
      contentDisposition: contentDisposition(fileName),
      contentType,
      cacheControl: 'private, max-age=300',
    });
  }

  /** The bytes first: what is known of them is what they are found by. */
  async erase(attachmentId: string, ownerId: string): Promise<void> {
    const record = await this.find(attachmentId);
    if (record?.ownerId !== ownerId) return;
    await guard(() => this.#blob(attachmentId).deleteIfExists({ abortSignal: this.#inTime() }));
    try {
      await guard(() => this.#table.deleteEntity(attachmentId, 'attachment'));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /** The SDK would wait for an answer without end. */
  #inTime(): AbortSignal {
    return AbortSignal.timeout(this.#options.callMs ?? defaultCallMs);
  }

  #blob(attachmentId: string) {
    return this.#service.getContainerClient(attachmentContainer).getBlobClient(attachmentId);
  }

  async #sign(
    attachmentId: string,
    minutes: number,
    what: Partial<BlobSASSignatureValues>,
  ): Promise<SignedUrl> {
    const now = this.#clock.now().getTime();
    const expiresAt = new Date(now + minutes * 60_000);
    const blob = this.#blob(attachmentId);
    const values: BlobSASSignatureValues = {
      ...what,
      containerName: attachmentContainer,
      blobName: attachmentId,
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
