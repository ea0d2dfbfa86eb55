const hidden = '•••';

/** What gives access, as it stands in URLs, headers, connection strings and JSON; the first group is kept. */
const secrets = [
  /([?&;](?:sig|access_token|code|awps_reconnection_token)=)[^&\s"'<>;]+/gi,
  /(\b(?:AccountKey|SharedAccessKey|AccessKey)=)[^;\s"']+/gi,
  /(\b(?:Bearer|Basic)\s+)[\w.~+/=-]+/gi,
  /("[\w.-]*(?:password|passwd|secret|token|credential|signature|authorization|apikey|accesskey)[\w.-]*"\s*:\s*")(?:[^"\\]|\\.)+(?=")/gi,
];

/** A JSON web token, wherever it stands. */
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** The text without what gives access to anything: signatures of URLs, keys, tokens, passwords. */
export function maskSecrets(text: string): string {
  const masked = secrets.reduce((left, pattern) => left.replace(pattern, `$1${hidden}`), text);
  return masked.replace(jsonWebToken, hidden);
}

const secretName = /password|passwd|secret|token|credential|signature|salt|hash$/i;

/** The value, or dots in its place where its name says that it is secret. */
export function maskNamed(name: string, value: unknown): unknown {
  if (secretName.test(name) && value !== null && value !== undefined && value !== '') return hidden;
  return typeof value === 'string' ? maskSecrets(value) : value;
}
