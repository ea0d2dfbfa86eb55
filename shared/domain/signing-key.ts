const minBytes = 32;
const minDistinct = 10;

/** Pieces of the keys that documentation, samples and impatience produce. */
const giveaways = [
  'changeme',
  'change-me',
  'change_me',
  'change this',
  'replace-me',
  'replaceme',
  'your-256-bit-secret',
  'your_secret',
  'your-secret',
  'yoursecret',
  'a-string-secret-at-least',
  'secret-key',
  'secret_key',
  'secretkey',
  'my-secret',
  'mysecret',
  'supersecret',
  'super-secret',
  'placeholder',
  'example',
  'password',
  '0123456789',
  'abcdefghij',
];

/**
 * What is wrong with a key for HS256, in words that follow its name ("AUTH_SIGNING_KEY is …"); undefined when nothing is.
 * Who can guess the key can log in as anybody. RFC 7518 §3.2: at least as long as the hash, 32 bytes.
 */
export const signingKeyProblem = (key: string): string | undefined => {
  if (key.trim() === '')
    return 'is empty; give at least 32 random bytes, for example from: openssl rand -base64 48';
  if (/^<.*>$/.test(key.trim()))
    return `is still the marker ${key.trim()}; put at least 32 random bytes in its place`;
  const bytes = Buffer.byteLength(key);
  if (bytes < minBytes) return `has ${bytes} bytes; at least ${minBytes} random ones are needed`;
  const lower = key.toLowerCase();
  if (new Set(lower).size < minDistinct || giveaways.some((piece) => lower.includes(piece)))
    return 'can be guessed; give at least 32 random bytes, for example from: openssl rand -base64 48';
  return undefined;
};
