import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

interface StaticFile {
  bytes: Buffer;
  contentType: string;
}

/**
 * Answers GET and HEAD with a file of a folder; a path that ends with `/` means its `index.html`. Nothing outside the
 * folder is given, nor files and folders whose names begin with a dot. Files are read anew each time, and sent again
 * only if they have changed (ETag).
 *
 * @param path what follows the mount's prefix, as in the request
 */
export async function answerFile(
  request: IncomingMessage,
  path: string,
  response: ServerResponse,
  { folder, headers }: { folder: string; headers: Record<string, string> },
): Promise<void> {
  request.resume();
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const file = isRead ? await findFile(folder, path) : undefined;
  if (file === undefined) {
    response.writeHead(404, { ...headers, 'content-length': 0 }).end();
    return;
  }
  const etag = `"${createHash('sha256').update(file.bytes).digest('base64url').slice(0, 22)}"`;
  const described = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', ...headers, etag };
  if (matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304, described).end();
    return;
  }
  response.writeHead(200, {
    ...described,
    'content-type': file.contentType,
    'content-length': file.bytes.length,
  });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

/** RFC 9110 §13.1.2: a list of tags, compared weakly, or `*`. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

async function findFile(folder: string, path: string): Promise<StaticFile | undefined> {
  const name = fileName(path);
  if (name === undefined) return undefined;
  try {
    const [root, file] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
    if (!file.startsWith(root + sep)) return undefined; // a link that leads out
    const contentType = contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream';
    return { bytes: await readFile(file), contentType };
  } catch {
    return undefined; // not there, or a folder
  }
}

/** The file's name below the folder; undefined for what no file may be called. */
function fileName(path: string): string | undefined {
  try {
    const segments = decodeURIComponent(path.endsWith('/') || path === '' ? `${path}/index.html` : path)
      .split('/')
      .filter((segment) => segment !== '');
    // With a leading dot also "." and ".."; the other characters mean something to one file system or another.
    return segments.some((segment) => /^\.|[\\:\0]/.test(segment)) ? undefined : segments.join('/');
  } catch {
    return undefined; // not validly encoded
  }
}
