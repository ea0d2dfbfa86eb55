import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const file = new URL('../eslint.queries.js', import.meta.url).href;
const { queryRules } = (await import(file)) as {
  queryRules: { rules: { 'no-restricted-syntax': [Linter.Severity, ...unknown[]] } };
};

const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } }, { ...queryRules }],
});

/** How often the rule finds something in a planted file. */
const found = async (code: string): Promise<number> => {
  const [result] = await eslint.lintText(code, { filePath: 'shared/adapters/tables/planted.ts' });
  expect(result?.messages.filter(({ fatal }) => fatal)).toEqual([]);
  return result?.messages.length ?? 0;
};

describe('a query that is put together by hand', () => {
  it.each([
    ['a plain template', "const filter = `PartitionKey eq '${id}'`;"],
    ['a plain template of another column', "list(table, `userId eq '${id}' and x`);"],
    ['a template behind another tag', 'list(table, raw`PartitionKey eq ${id}`);'],
    ['pieces with a plus', 'list(table, "PartitionKey eq \'" + id + "\'");'],
    ['pieces behind a good one', 'list(table, odata`PartitionKey eq ${id}` + " and RowKey gt \'" + after);'],
    ['pieces that are joined', "list(table, ['PartitionKey eq ', id].join(''));"],
    ['a text with something put into it later', "list(table, 'PartitionKey eq $1'.replace('$1', id));"],
    ['a filter of a query', 'table.listEntities({ queryOptions: { filter: `${column} eq 1` } });'],
    ['the tag called as a function', 'list(table, odata([text], id));'],
    ['the tag applied', 'list(table, odata.apply(null, [[text], id]));'],
    ['another tag of that name', 'const odata = String.raw;'],
    ['another function of that name', 'function odata(text) { return text; }'],
  ])('is found: %s', async (_, code) => {
    expect(await found(code)).toBeGreaterThan(0);
  });

  it.each([
    ['a query of the tag', 'const filter = odata`PartitionKey eq ${id} and RowKey lt ${to}`;'],
    ['two of them', 'const filter = odata`PartitionKey eq ${id}` + odata` and RowKey lt ${to}`;'],
    ['keys', 'const key = `member|${encodeKey(id)}`;'],
    ['prose', 'throw new Error(`There are ${count} webhooks, which is the most.`);'],
  ])('is no such thing: %s', async (_, code) => {
    expect(await found(code)).toBe(0);
  });

  it('is looked for in all that runs, by the rules that all code is held to', async () => {
    const [, ...rules] = queryRules.rules['no-restricted-syntax'];
    for (const path of [
      'shared/adapters/tables/table-inbox.ts',
      'shared/use-cases/page.ts',
      'functions/services.ts',
    ]) {
      const config = (await new ESLint().calculateConfigForFile(path)) as typeof queryRules;
      expect(config.rules['no-restricted-syntax'].slice(1)).toEqual(rules);
    }
  });
});
