/**
 * The AMQP 1.0 type system (part 1 of the specification) as rhea implements it, given types. Values keep their AMQP type
 * (`TypedValue`), so what a sender typed as `long` is not handed on as `int`.
 */
import rhea from 'rhea';

/** One AMQP value together with its wire type, and its descriptor if it is a described type. */
export interface TypedValue {
  readonly type: { readonly typecode: number };
  readonly value: unknown;
  readonly descriptor?: TypedValue;
}

/** Reads AMQP values one after the other from a buffer. Throws on a type it does not know or on missing bytes. */
interface ValueReader {
  position: number;
  read(): TypedValue;
  remaining(): number;
}

interface ValueWriter {
  write(value: TypedValue): void;
  toBuffer(): Buffer;
}

interface TypeSystem {
  Reader: new (bytes: Buffer) => ValueReader;
  Writer: new () => ValueWriter;
  Map32(items: TypedValue[]): TypedValue;
  Null(): TypedValue;
  wrap(value: unknown): TypedValue;
  wrap_uint(value: number): TypedValue;
  wrap_ulong(value: number): TypedValue;
  wrap_int(value: number): TypedValue;
  wrap_long(value: number | Buffer): TypedValue;
  wrap_timestamp(value: number): TypedValue;
  wrap_string(value: string): TypedValue;
  wrap_symbol(value: string): TypedValue;
  wrap_binary(value: Buffer): TypedValue;
  wrap_uuid(value: Buffer): TypedValue;
  wrap_list(items: readonly unknown[]): TypedValue;
  wrap_map(entries: object): TypedValue;
  wrap_array(items: readonly unknown[], typecode: number): TypedValue;
  described(descriptor: TypedValue, value: TypedValue): TypedValue;
  unwrap(value: TypedValue): unknown;
  is_map(value: TypedValue): boolean;
  is_list(value: TypedValue): boolean;
}

/** rhea's constructors for AMQP values. */
export const types = rhea.types as unknown as TypeSystem;

/** AMQP type codes of the arrays that management answers carry. */
export const typecode = { long: 0x81, timestamp: 0x83 } as const;

/** Encodes values one after the other. */
export function encodeValues(...values: TypedValue[]): Buffer {
  const writer = new types.Writer();
  for (const value of values) writer.write(value);
  return writer.toBuffer();
}

/** A described value (AMQP 1.0 §1.2) with a numeric descriptor. */
export function described(code: number, value: TypedValue): TypedValue {
  return types.described(types.wrap_ulong(code), value);
}

/** The plain JavaScript value: lists become arrays, maps objects, timestamps Dates. */
export function plain(value: TypedValue | undefined): unknown {
  if (value === undefined) return undefined;
  const unwrapped = types.unwrap(value);
  // rhea makes a Date only of a timestamp that it has read itself.
  const isTime = value.type.typecode === typecode.timestamp && typeof unwrapped === 'number';
  return isTime ? new Date(unwrapped) : unwrapped;
}

/** A whole number that arrived as an AMQP number of any width; longs beyond 2^53 arrive as 8 bytes. */
export function toInteger(value: unknown): number | undefined {
  if (Buffer.isBuffer(value) && value.length === 8) return Number(value.readBigInt64BE());
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value);
  return undefined;
}
