/**
 * Makes Azurite's tables cheaper without changing what they answer. Azurite's files stay as they are: in this process
 * some of its functions are replaced by ones that remember or look up what the originals work out at each request.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type FilterNode, type Range, rangeOf } from './filter-range.ts';
import { type Collection, indexOf, type Row } from './row-index.ts';

interface QueryOptions {
  readonly filter?: string;
}

type QueryEntities = (
  this: Store,
  context: unknown,
  account: string,
  table: string,
  options: QueryOptions,
  ...rest: unknown[]
) => Promise<unknown>;

/** What is used of Azurite's store of tables, a class. */
interface Store {
  getEntityCollection: (this: Store, ...args: unknown[]) => Collection;
  queryTableEntities: QueryEntities;
}

type ParseFilter = (filter: string) => FilterNode;

interface Utils {
  computeHMACSHA256: (text: string, key: Uint8Array) => string;
  getURLQueries: (url: string) => Record<string, string>;
}

interface UriTemplates {
  isURITemplateMatch: (path: string, template: string) => boolean;
}

type Load = (path: string) => unknown;

/** A row set as LokiJS gives it to the store: filtered, sorted and cut, then taken. */
class Rows {
  #rows: Row[];

  constructor(rows: Row[]) {
    this.#rows = rows;
  }

  where(matches: (row: Row) => boolean): this {
    this.#rows = this.#rows.filter(matches);
    return this;
  }

  sort(compare: (a: Row, b: Row) => number): this {
    this.#rows.sort(compare);
    return this;
  }

  limit(count: number): this {
    this.#rows = this.#rows.slice(0, count);
    return this;
  }

  data(): Row[] {
    return this.#rows;
  }
}

const rowsIn = (collection: Collection, { partitionKey, includes }: Range): Rows => {
  const rows: Row[] = [];
  for (const row of indexOf(collection).partition(partitionKey)) if (includes(row.RowKey)) rows.push(row);
  return new Rows(rows);
};

/** Rows are found by their keys, and a query of one partition looks at no other. */
const findByKeys = (load: Load): void => {
  const { prototype: store } = (
    load('table/persistence/LokiTableMetadataStore.js') as {
      default: { prototype: Store };
    }
  ).default;
  const parser = load('table/persistence/QueryInterpreter/QueryParser.js') as { default: ParseFilter };
  const { getEntityCollection, queryTableEntities } = store;
  store.getEntityCollection = function (...args) {
    const collection = getEntityCollection.apply(this, args);
    indexOf(collection);
    return collection;
  };
  store.queryTableEntities = function (context, account, table, options, ...rest) {
    const range = readRange(parser.default, options.filter);
    if (range === undefined) {
      return queryTableEntities.call(this, context, account, table, options, ...rest);
    }
    const narrowed = Object.create(this, {
      getEntityCollection: {
        value: (...args: unknown[]) => {
          const collection = this.getEntityCollection(...args);
          return { chain: () => rowsIn(collection, range) };
        },
      },
    }) as Store;
    return queryTableEntities.call(narrowed, context, account, table, options, ...rest);
  };
};

/** What is wrong with a filter is told by the original. */
const readRange = (parse: ParseFilter, filter: string | undefined): Range | undefined => {
  if (filter === undefined || filter === '') return undefined;
  try {
    return rangeOf(parse(filter));
  } catch {
    return undefined;
  }
};

/** node:crypto takes six times as long for a key of bytes. */
const keepKeys = (utils: Utils): void => {
  const keys = new WeakMap<Uint8Array, KeyObject>();
  utils.computeHMACSHA256 = (text, bytes) => {
    const key = keys.get(bytes) ?? createSecretKey(bytes);
    keys.set(bytes, key);
    return createHmac('sha256', key).update(text, 'utf8').digest('base64');
  };
};

/** Most URLs have no query, and need not be taken apart to see that. */
const parseQueriesOnly = (utils: Utils): void => {
  const { getURLQueries } = utils;
  utils.getURLQueries = (url) => (url.includes('?') ? getURLQueries(url) : {});
};

const rememberedMatches = 2000;

/** Each request is compared with the path of each operation; by then keys have been taken out of it, so few differ. */
const rememberMatches = (load: Load): void => {
  const templates = load('table/generated/utils/utils.js') as UriTemplates;
  const { isURITemplateMatch } = templates;
  const known = new Map<string, boolean>();
  templates.isURITemplateMatch = (path, template) => {
    const key = `${template} ${path}`;
    const answer = known.get(key) ?? isURITemplateMatch(path, template);
    if (known.size >= rememberedMatches) known.clear();
    known.set(key, answer);
    return answer;
  };
};

/**
 * To be called before Azurite is started.
 *
 * @param root folder of the package
 * @param require of the module that loads Azurite
 */
export const makeFaster = (root: string, require: NodeJS.Require): void => {
  const load: Load = (path) => require(join(root, 'dist/src', path));
  const utils = load('common/utils/utils.js') as Utils;
  keepKeys(utils);
  parseQueriesOnly(utils);
  rememberMatches(load);
  findByKeys(load);
};
