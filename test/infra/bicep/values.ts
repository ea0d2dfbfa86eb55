import type { Shape } from './shape.ts';

/** What an expression comes to before anything is deployed. */
export type Value = string | number | boolean | null | Value[] | Fields | Opaque | Lambda;

export interface Fields {
  [name: string]: Value;
}

export type Kind = 'string' | 'int' | 'bool' | 'array' | 'object' | 'any';

/** A value that only Azure knows: an id, an address, an output. */
export class Opaque {
  readonly kind: Kind;
  /** Where it comes from, as `storage.id`. */
  readonly text: string;
  /** What it has inside, if that is known. */
  readonly shape: Shape | undefined;

  constructor(kind: Kind, text: string, shape?: Shape) {
    this.kind = kind;
    this.text = text;
    this.shape = shape;
  }

  toString(): string {
    return `<${this.text}>`;
  }
}

/** `x => …`, within map and the like. */
export class Lambda {
  readonly call: (...given: Value[]) => Value;

  constructor(call: (...given: Value[]) => Value) {
    this.call = call;
  }
}

export const isFields = (value: Value | undefined): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Opaque) &&
  !(value instanceof Lambda);

/** The kind of a value, as Bicep names types. */
export const kindOf = (value: Value): Kind | 'null' => {
  if (value === null) return 'null';
  if (value instanceof Opaque) return value.kind;
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'int';
  return typeof value === 'boolean' ? 'bool' : 'object';
};

const plain = (_: string, value: Value): Value => (value instanceof Opaque ? value.toString() : value);

/** The value as text: what only Azure knows in angle brackets. */
export const textOf = (value: Value): string => {
  if (value instanceof Opaque) return value.toString();
  return typeof value === 'string' ? value : JSON.stringify(value, plain);
};
