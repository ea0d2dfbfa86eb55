import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf } from './bicep/deployment.ts';
import { environments } from './bicep/environments.ts';
import { parseBicep } from './bicep/parse.ts';
import { textOf, type Fields } from './bicep/values.ts';

const deploying = readFileSync('docs/deploying.md', 'utf8');
const operations = readFileSync('docs/operations.md', 'utf8');
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> })
  .scripts;

describe('the page about deploying', () => {
  const parameters = parseBicep('infra/main.bicep').declarations.filter(({ kind }) => kind === 'param');

  it.each(parameters.map(({ name, value }) => [name, value?.text]))(
    'explains the parameter %s, by default %s',
    (name, value) => {
      const row = deploying
        .split('\n')
        .find((line) => line.startsWith('| `') && line.includes(`\`${name}\``));
      expect(row).toBeDefined();
      if (value !== undefined && /^(\d+|true|false)$/.test(value))
        expect(row).toMatch(new RegExp(`[ |]${value}[ ,|]`));
    },
  );

  it('names scripts that there are', () => {
    const named = [...deploying.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});

it('azd runs scripts that there are', () => {
  const named = [...readFileSync('azure.yaml', 'utf8').matchAll(/npm run --silent ([\w:-]+)/g)].map(
    ([, name]) => name ?? '',
  );
  expect(named).toHaveLength(8);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

it('the page about operations has each alert, with its severity', () => {
  const { resources } = deploymentOf('infra/main.bicep', environments.prod ?? {});
  const alerts = resources.filter(({ type }) => /metricAlerts|scheduledQueryRules/.test(type));
  for (const { name, body } of alerts) {
    const alert = name.replace('-parley-prod', '');
    const row = operations.split('\n').find((line) => line.startsWith(`| [${alert}]`));
    expect(row).toMatch(new RegExp(`\\| ${textOf((body.properties as Fields).severity ?? null)} \\|$`));
  }
});
