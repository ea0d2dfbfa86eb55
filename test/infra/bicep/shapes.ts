import { readFileSync } from 'node:fs';
import type { Field, Shape } from './shape.ts';
import { isFields, kindOf, Opaque, type Fields, type Value } from './values.ts';

const read = (name: string): Record<string, Shape> =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')) as Record<string, Shape>;

/** Shapes of resources by `type@version`. Those of networks are few and were written by hand: the data had none. */
export const resourceShapes: Record<string, Shape> = {
  ...read('azure-resource-shapes.json'),
  ...read('network-resource-shapes.json'),
};

const objectOf = (shape: Shape): { object: Record<string, Field>; additional?: Shape } | undefined =>
  typeof shape === 'object' && 'object' in shape ? shape : undefined;

/** The shape of one field of a value. @returns undefined if there is no such field, `any` if nothing is known of it */
export const shapeWithin = (shape: Shape, name: string): Shape | undefined => {
  if (shape === 'any') return 'any';
  if (typeof shape === 'object' && 'oneOf' in shape)
    return [shape.base, ...Object.values(shape.oneOf)].map((each) => shapeWithin(each, name)).find(Boolean);
  const known = objectOf(shape);
  const field = known?.object[name];
  return field ? (field.type ?? 'any') : known?.additional;
};

const checkText = (value: Value, shape: { const: string } | { enum: string[]; open?: boolean }): string[] => {
  if (kindOf(value) !== 'string' && kindOf(value) !== 'any') return [`is no string`];
  if (typeof value !== 'string') return [];
  if ('const' in shape) return value === shape.const ? [] : [`is '${value}', not '${shape.const}'`];
  return shape.enum.includes(value) ? [] : [`is '${value}', none of ${shape.enum.join(', ')}`];
};

const checkObject = (
  value: Fields,
  { object, additional }: { object: Record<string, Field>; additional?: Shape },
): string[] => {
  const given = Object.entries(value).filter(([, each]) => each !== null);
  const missing = Object.entries(object)
    .filter(([name, { required }]) => required && (value[name] ?? null) === null)
    .map(([name]) => `.${name} is missing`);
  const wrong = given.flatMap(([name, each]) => {
    const field = object[name];
    if (field?.readOnly) return [`.${name} is read-only`];
    const shape = field ? (field.type ?? 'any') : additional;
    if (shape === undefined) return [`.${name} is not known`];
    return checkShape(each, shape).map((problem) => `.${name}${join(problem)}`);
  });
  return [...missing, ...wrong];
};

const join = (problem: string): string => (/^[.[]/.test(problem) ? problem : ` ${problem}`);

const checkOneOf = (
  value: Fields,
  { oneOf, by, base }: { oneOf: Record<string, Shape>; by: string; base: Shape },
): string[] => {
  const which = value[by];
  const chosen = typeof which === 'string' ? oneOf[which] : undefined;
  if (chosen === undefined)
    return [`.${by} is ${which === undefined ? 'missing' : `none of ${Object.keys(oneOf).join(', ')}`}`];
  const object = { ...objectOf(base)?.object, ...objectOf(chosen)?.object };
  const additional = objectOf(chosen)?.additional;
  return checkObject(value, { object, ...(additional !== undefined && { additional }) });
};

/**
 * Holds a value against its shape. Values that only Azure knows count by their kind.
 * @returns what is wrong, each with the path to it: `.sku.name is 'Gold', none of Standard, Premium`
 */
export const checkShape = (value: Value, shape: Shape): string[] => {
  if (shape === 'any' || value === null) return [];
  const kind = kindOf(value);
  if (kind === 'any') return [];
  if (typeof shape === 'string') return kind === shape ? [] : [`is ${kind}, not ${shape}`];
  if ('const' in shape || 'enum' in shape) return checkText(value, shape);
  if ('array' in shape) {
    if (kind !== 'array') return [`is ${kind}, not array`];
    return Array.isArray(value)
      ? value.flatMap((each, index) =>
          checkShape(each, shape.array).map((problem) => `[${index}]${join(problem)}`),
        )
      : [];
  }
  if (kind !== 'object') return [`is ${kind}, not object`];
  if (value instanceof Opaque || !isFields(value)) return [];
  return 'oneOf' in shape ? checkOneOf(value, shape) : checkObject(value, shape);
};
