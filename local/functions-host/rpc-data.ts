/**
 * The data shapes that cross between a Functions host and the Node.js programming model, as the host's gRPC messages
 * name them (`FunctionRpc.proto`: TypedData, RpcHttp). Only what this host sends or reads is described.
 */

/** A string that may be absent; the gRPC form of a nullable dictionary's value. */
export interface NullableString {
  value: string;
}

/** One value. Exactly one field is set; none at all means null. */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: HttpData;
  collectionString?: { string: string[] };
  collectionBytes?: { bytes: Uint8Array[] };
  collectionSint64?: { sint64: number[] };
}

/** A cookie as `HttpResponseInit.cookies` becomes it. */
export interface HttpCookie {
  name: string;
  value: string;
  domain?: { value: string };
  path?: { value: string };
  expires?: { value: { seconds: number } };
  maxAge?: { value: number };
  secure?: { value: boolean };
  httpOnly?: { value: boolean };
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
}

/** A request on its way in, or a response on its way out. */
export interface HttpData {
  url?: string;
  method?: string;
  nullableHeaders?: Record<string, NullableString>;
  nullableQuery?: Record<string, NullableString>;
  nullableParams?: Record<string, NullableString>;
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: HttpCookie[];
  body?: TypedData | null;
}

/** The inputs of one invocation, by binding name. */
export interface InputData {
  name: string;
  data: TypedData;
}

/** What the programming model answers to an invocation. */
export interface InvocationResponse {
  returnValue?: TypedData | null;
  outputData?: InputData[];
}

/**
 * What JSON text looks like from its beginning. The library tries JSON.parse on every string, and a failed try costs as
 * much as all the rest of a call; what cannot be JSON is therefore sent as JSON of itself, which comes out the same.
 */
const maybeJson = /^\s*(?:[{["]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$|(?:true|false|null)\s*$)/;

/** Wraps a plain value as the .NET host does (`GrpcMessageConversionExtensions.ToRpc`). */
export function toTypedData(value: unknown): TypedData {
  if (value == null) return {};
  if (typeof value === 'string')
    return maybeJson.test(value) ? { string: value } : { json: JSON.stringify(value) };
  if (value instanceof Uint8Array) return { bytes: value };
  if (typeof value === 'number' && !Number.isInteger(value)) return { double: value };
  return { json: JSON.stringify(value) };
}

/** Trigger metadata: each named value wrapped; null and undefined are left out, as the host leaves them out. */
export function toTriggerMetadata(values: Record<string, unknown>): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value != null) metadata[name] = toTypedData(value);
  }
  return metadata;
}
