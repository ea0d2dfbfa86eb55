import type { Attachment } from '../shared/domain/message.ts';
import type { UploadOffer } from './contract.ts';
import type { Environment } from './environment.ts';
import { ParleyError } from './errors.ts';
import { type Http, path } from './http.ts';

/** How a file is uploaded. */
export interface UploadOptions {
  /** Shown to the others; without it that of the `File`. */
  fileName?: string;
  /** Without it that of the `Blob`. */
  contentType?: string;
  /** Told in bytes as they leave, where the surroundings can tell (browsers); at the end everywhere. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** An attachment, and for a while where it can be downloaded. */
export interface AttachmentDownload extends Attachment {
  conversationId: string;
  downloadUrl: string;
  /** Until when the URL is good. */
  expiresAt: string;
}

interface Reservation extends UploadOffer {
  /** To be sent with the bytes. */
  headers?: Record<string, string>;
}

/** What we use of XMLHttpRequest, which alone can tell how far an upload has come. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  status: number;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: unknown): void;
  abort(): void;
}

type Put = (
  url: string,
  headers: Record<string, string>,
  bytes: Blob,
  options: UploadOptions,
) => Promise<number>;

const failed = (message: string, cause?: unknown): ParleyError =>
  new ParleyError('upload-failed', message, { cause });

const putByXhr =
  (create: new () => Xhr): Put =>
  (url, headers, bytes, { onProgress, signal }) =>
    new Promise((resolve, reject) => {
      const xhr = new create();
      const abort = (): void => xhr.abort();
      xhr.open('PUT', url);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded }) => onProgress?.(loaded, bytes.size);
      xhr.onload = () => resolve(xhr.status);
      xhr.onerror = () => reject(failed('Storage was not reached.'));
      xhr.onabort = () => reject(new ParleyError('aborted', 'The upload was aborted.'));
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) reject(new ParleyError('aborted', 'The upload was aborted.'));
      else xhr.send(bytes);
    });

const putByFetch =
  (environment: Environment): Put =>
  async (url, headers, bytes, { signal }) => {
    try {
      const response = await environment.fetch(url, {
        ...{ method: 'PUT', headers, body: bytes },
        ...(signal && { signal }),
      });
      await response.text();
      return response.status;
    } catch (error) {
      if (signal?.aborted === true)
        throw new ParleyError('aborted', 'The upload was aborted.', { cause: error });
      throw failed('Storage was not reached.', error);
    }
  };

const { XMLHttpRequest: Browser } = globalThis as unknown as { XMLHttpRequest?: new () => Xhr };

/** Reserves a place for a file, puts its bytes there, and says so. @throws ParleyError @internal */
export const upload = async (
  http: Http,
  environment: Environment,
  conversationId: string,
  file: Blob,
  options: UploadOptions,
): Promise<Attachment> => {
  const { name } = file as { name?: string };
  const { fileName = name ?? 'file', onProgress, signal } = options;
  const contentType = options.contentType ?? (file.type === '' ? 'application/octet-stream' : file.type);
  const body = { conversationId, fileName, contentType, size: file.size };
  const { attachmentId, uploadUrl, headers } = await http.request<Reservation>('POST', '/attachments', {
    body,
    signal,
  });
  const put = Browser ? putByXhr(Browser) : putByFetch(environment);
  const all = { 'x-ms-blob-type': 'BlockBlob', 'content-type': contentType, ...headers };
  const status = await put(uploadUrl, all, file, options);
  // It can be put there once only: 409 tells that the answer to an earlier try was lost.
  if (status !== 201 && status !== 409) throw failed(`Storage answered ${status}.`);
  onProgress?.(file.size, file.size);
  return http.request('POST', path`/attachments/${attachmentId}/complete`, {
    body: {},
    isOnce: false,
    signal,
  });
};
