import type { Components, JsonObject } from './components.ts';

/** Of fields that have none of their own; each is what such a field holds wherever it is. */
const byName: JsonObject = {
  conversationId: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  messageId: 'm-5cXo2Kq8Zr1v7nY4TfPsW0aJ',
  attachmentId: 'a-9rTzP4w6Ld0n2vQ8GhJkE5bM',
  clientMessageId: '7f9c0d52-6f43-4c0b-9f8e-0d8c7f6a1b2c',
  inboxId: '2026-01-02T03-04-05.678Z_d-3qBvN1c8Zl2m4xY7TfKsW0aJ_0000000042',
  id: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  userId: 'bob',
  username: 'bob',
  receiverId: 'bob',
  senderId: 'ann',
  createdBy: 'ann',
  by: 'ann',
  fullName: 'Bob Baker',
  email: 'bob@example.com',
  password: 'open sesame',
  currentPassword: 'open sesame',
  newPassword: 'correct horse battery staple',
  avatarUrl: 'https://example.com/bob.png',
  attachmentUrl: 'https://example.com/plan.pdf',
  uploadUrl: 'https://example.blob.core.windows.net/attachments/9f3c?sig=…',
  downloadUrl: 'https://example.blob.core.windows.net/attachments/9f3c?sig=…',
  url: 'wss://example.webpubsub.azure.com/client/hubs/chat?access_token=…',
  protocol: 'json.reliable.webpubsub.azure.v1',
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.…',
  messageText: 'Hello, Bob!',
  title: 'Release team',
  emoji: '👍',
  fileName: 'plan.pdf',
  contentType: 'application/pdf',
  size: 4_821,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  externalRef: 'ticket-4711',
  timestamp: '2026-01-02T03:04:05.678Z',
  upToSeq: 42,
  seq: 42,
  headSeq: 42,
  deliveredSeq: 42,
  readSeq: 41,
  total: 42,
  headRev: 7,
  rev: 7,
  unreadCount: 1,
  nextCursor: 'a42',
  cursor: 'a42',
  conversation: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  member: 'bob',
  mention: 'bob',
  ref: 'r1',
  retentionSeconds: 2_592_000,
  online: false,
};

const time = '2026-01-02T03:04:05.678Z';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Alternatives apart from null, or null where that is all. */
const alternativesOf = ({ anyOf, oneOf }: JsonObject): JsonObject[] => {
  const all = [anyOf, oneOf].flatMap((list): unknown[] => (Array.isArray(list) ? list : [])).filter(isObject);
  const others = all.filter(({ type, not }) => type !== 'null' && not === undefined);
  return others.length > 0 ? others : all;
};

/** A value that a schema allows, and that tells a reader what it is. */
export const exampleOf = (schema: JsonObject, components: Components, name = ''): unknown => {
  const {
    examples,
    const: constant,
    enum: choices,
    format,
    minimum,
    default: standard,
    ...rest
  } = components.resolve(schema);
  if (Array.isArray(examples)) return examples[0] as unknown;
  if (constant !== undefined) return constant;
  if (name in byName && !isObject(rest.properties)) return byName[name];
  if (Array.isArray(choices)) return choices[0] as unknown;
  if (standard !== undefined) return standard;
  const [alternative] = alternativesOf(rest);
  if (alternative) return exampleOf(alternative, components, name);
  switch (Array.isArray(rest.type) ? (rest.type as unknown[])[0] : rest.type) {
    case 'object':
      return objectOf(rest, components);
    case 'array':
      return isObject(rest.items) ? [exampleOf(rest.items, components, name.replace(/s$/, ''))] : [];
    case 'string':
      return format === 'date-time' ? time : 'text';
    case 'integer':
    case 'number':
      return typeof minimum === 'number' ? minimum : 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
};

const objectOf = ({ properties, required }: JsonObject, components: Components): JsonObject => {
  const needed = Array.isArray(required) ? (required as unknown[]) : [];
  const example: JsonObject = {};
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {}))
    if (needed.includes(name) && isObject(property)) example[name] = exampleOf(property, components, name);
  return example;
};
