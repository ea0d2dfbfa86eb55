import type { ServicesOptions } from './services.ts';

/** What a page cannot say of itself in its own text. */
const headers = [
  "Content-Security-Policy: frame-ancestors 'none'",
  'X-Content-Type-Options: nosniff',
  'Referrer-Policy: no-referrer',
];

/** Answers paths that no function takes with the files of a folder. */
export const pageMount = (folder: string): Pick<ServicesOptions, 'mounts' | 'mountHeaders'> => ({
  mounts: [`/=${folder}`],
  mountHeaders: headers.map((header) => `/=${header}`),
});

/** How a browser on this machine may call the page's origin. @param url of the Functions host */
export const pageOrigins = (url: string): string[] => [url, url.replace('127.0.0.1', 'localhost')];
