/**
 * What lets somebody in, by the forms in which libraries and services put it into what they say of a failure. Each is found
 * by how it begins, and ends where such a thing cannot go on; none looks back, so that no text makes them slow.
 */
const secrets: readonly RegExp[] = [
  // JSON Web Tokens, wherever they are.
  /()\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g,
  /(\bBearer\s+)[^\s"',;\\]+/gi,
  // Signed URLs and Service Bus tokens; tokens in an address.
  /([?&; ]sig=)[^&\s"'\\]+/gi,
  /([?&](?:access_token|token|code)=)[^&\s"'\\]+/gi,
  // Connection strings and settings.
  /(\b(?:AccountKey|SharedAccessKey|AccessKey|SharedAccessSignature|AUTH_SIGNING_KEY|password|secret)\\?["']?\s*[=:]\s*\\?["']?)[^;\s"'\\,}]+/gi,
  // Signatures of requests to Storage, which it repeats when they do not match.
  /(\bSharedKey(?:Lite)?\s+\w+:)[\w+/=]+/gi,
  /(\b(?:MAC signature|signature)\b[^']{0,40}')[\w+/=]{20,}/gi,
  /()\bwhsec_[\w+/=]+/g,
];

/** A text in which keys, tokens, signatures and passwords are struck out. */
export const redact = (text: string): string =>
  secrets.reduce((rest, secret) => rest.replace(secret, '$1[secret]'), text);
