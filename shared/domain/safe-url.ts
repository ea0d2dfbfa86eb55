const local = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a URL is one that nobody on the way can answer for another: https, or on this machine. */
export const isSafeUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && local.has(url.hostname));
};
