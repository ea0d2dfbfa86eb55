import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFields, Lambda, Opaque, textOf, type Fields, type Value } from './values.ts';

const list = (value: Value | undefined): Value[] => {
  if (!Array.isArray(value)) throw new Error(`${textOf(value ?? null)} is no array`);
  return value;
};

const call = (value: Value | undefined, ...given: Value[]): Value => {
  if (!(value instanceof Lambda)) throw new Error('a lambda is missing');
  return value.call(...given);
};

const fields = (value: Value | undefined): Fields => {
  if (!isFields(value)) throw new Error(`${textOf(value ?? null)} is no object`);
  return value;
};

const text = (value: Value | undefined): string => {
  if (typeof value !== 'string' && !(value instanceof Opaque))
    throw new Error(`${textOf(value ?? null)} is no string`);
  return textOf(value);
};

const known = (name: string, given: Value[]): Opaque =>
  new Opaque('string', `${name}(${given.map(textOf).join(', ')})`);

const isEmpty = (value: Value | undefined): boolean => {
  if (value === null || value === undefined || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;
};

const has = (whole: Value | undefined, part: Value | undefined): boolean => {
  if (Array.isArray(whole)) return whole.some((each) => each === part);
  return isFields(whole) ? text(part) in whole : text(whole).includes(text(part));
};

/** The functions of Bicep that our files use. Each throws an Error when it is given what it cannot take. */
export const functions: Record<string, (given: Value[], path: string) => Value> = {
  concat: (given) => given.flatMap(list),
  contains: ([whole, part]) => has(whole, part),
  empty: ([value]) => isEmpty(value),
  filter: ([values, is]) => list(values).filter((each) => call(is, each) === true),
  flatten: ([values]) => list(values).flatMap(list),
  map: ([values, make]) => list(values).map((each, index) => call(make, each, index)),
  union: (given) =>
    given.every(Array.isArray)
      ? [...new Set(given.flatMap(list))]
      : (Object.assign({}, ...given.map(fields)) as Fields),
  items: ([value]) => Object.entries(fields(value)).map(([key, each]) => ({ key, value: each })),
  length: ([value]) => (Array.isArray(value) ? value.length : text(value).length),
  string: ([value]) => textOf(value ?? null),
  toLower: ([value]) => (value instanceof Opaque ? value : text(value).toLowerCase()),
  replace: ([whole, from, to]) => text(whole).replaceAll(text(from), text(to)),
  join: ([values, between]) => list(values).map(text).join(text(between)),
  loadJsonContent: ([name], path) =>
    JSON.parse(readFileSync(join(dirname(path), text(name)), 'utf8')) as Value,
  loadTextContent: ([name], path) => readFileSync(join(dirname(path), text(name)), 'utf8'),
  guid: (given) => known('guid', given),
  uniqueString: (given) => known('uniqueString', given),
  cidrSubnet: (given) => known('cidrSubnet', given),
  resourceId: (given) => known('resourceId', given),
  subscriptionResourceId: (given) => known('subscriptionResourceId', given),
  subscription: () => ({ id: new Opaque('string', 'subscription().id') }),
  resourceGroup: () => ({
    id: new Opaque('string', 'resourceGroup().id'),
    location: new Opaque('string', 'resourceGroup().location'),
  }),
  tenant: () => ({ tenantId: new Opaque('string', 'tenant().tenantId') }),
  environment: () => ({
    suffixes: { storage: 'core.windows.net' },
    authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
  }),
};
