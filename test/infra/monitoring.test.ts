import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../../shared/config.ts';
import { deploymentOf } from './bicep/deployment.ts';
import { environments } from './bicep/environments.ts';
import { isFields, textOf, type Fields, type Value } from './bicep/values.ts';

const { resources } = deploymentOf('infra/main.bicep', environments.prod ?? {});
const propertiesOf = (type: string): Fields[] =>
  resources.filter((each) => each.type === type).map(({ body }) => body.properties as Fields);

const metricAlerts = propertiesOf('Microsoft.Insights/metricAlerts');
const logAlerts = propertiesOf('Microsoft.Insights/scheduledQueryRules');
const descriptions = [...metricAlerts, ...logAlerts].map(({ description }) => textOf(description ?? ''));
const runbookOf = (description: string): string =>
  /\/(docs\/runbooks\/[a-z-]+\.md)$/.exec(description)?.[1] ?? '';

const sources = [...globSync('functions/**/*.ts')].map((path) => readFileSync(path, 'utf8')).join('\n');
const literals = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name]) => name ?? '');

/** Everything under a name, however deep. */
const under = (value: Value, name: string): Value[] => {
  if (Array.isArray(value)) return value.flatMap((each) => under(each, name));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    ...(key === name ? [each] : []),
    ...under(each, name),
  ]);
};

const workbook = JSON.parse(readFileSync('infra/workbook.json', 'utf8')) as Value;
const workbookQueries = under(workbook, 'query').map(textOf);
const queries = [...under(logAlerts, 'query').map(textOf), ...workbookQueries];

/** Metrics that Azure has, by `type--name`: https://learn.microsoft.com/azure/azure-monitor/reference/metrics-index */
const metrics: Record<string, string[]> = {
  'microsoft.servicebus/namespaces': [
    'ActiveMessages',
    'DeadletteredMessages',
    'IncomingRequests',
    'ThrottledRequests',
  ],
  'microsoft.signalrservice/webpubsub': [
    'ConnectionCloseCount',
    'ConnectionQuotaUtilization',
    'OutboundTraffic',
    'ServerLoad',
    'TotalConnectionCount',
  ],
  'microsoft.storage/storageaccounts': ['Transactions'],
};

describe('alerts', () => {
  it('are there for what goes wrong', () => {
    expect(descriptions).toHaveLength(13);
  });

  it.each(descriptions)('%s', (description) => {
    expect(existsSync(runbookOf(description))).toBe(true);
  });

  it('have a runbook each, and no runbook is about nothing', () => {
    const known = descriptions.map((each) => basename(runbookOf(each))).sort();
    expect(
      globSync('docs/runbooks/*.md')
        .map((path) => basename(path))
        .sort(),
    ).toEqual(known);
  });

  it('tell whoever is on call', () => {
    const [group] = propertiesOf('Microsoft.Insights/actionGroups');
    expect(group?.emailReceivers).toMatchObject([{ emailAddress: 'chat-oncall@example.com' }]);
    for (const { actions } of [...metricAlerts, ...logAlerts])
      expect(textOf(actions ?? null)).toContain('group.id');
  });

  it('watch metrics that there are', () => {
    const watched = under(metricAlerts, 'metricName').map(textOf);
    expect(Object.values(metrics).flat()).toEqual(expect.arrayContaining(watched));
  });
});

describe('queries of alerts and the workbook', () => {
  it.each(queries.map((query) => [query.split('\n').at(-2) ?? query, query]))(
    'know the events that they ask for: %s',
    (_, query) => {
      const events = literals(query, /'([a-z-]+\.[a-z-]+)'/g);
      const logged = literals(sources, /'([a-z-]+\.[a-z]+)'/g);
      expect(logged).toEqual(expect.arrayContaining(events));
      expect(query).toMatch(events.length > 0 ? /startswith '\{"event"'/ : /sinceAcceptedMs|AppRequests/);
    },
  );

  it('ask events for the fields that they have', () => {
    const known = [...sources.matchAll(/\b(event|code|isNew)\b/g)].map(([name]) => name);
    const useCase = readFileSync('shared/use-cases/deliver-message.ts', 'utf8');
    const fields = queries.flatMap((query) => literals(query, /\be\.(\w+)/g));
    for (const field of new Set(fields))
      expect([...known, ...literals(useCase, /(\w+): number/g)]).toContain(field);
  });

  it('count what was sampled for what was left out', () => {
    const counting = queries.filter((query) => /\bcount\(\)/.test(query));
    expect(counting).toEqual([]);
  });
});

describe('the workbook', () => {
  const titles = under(workbook, 'title').map(textOf).join('\n');

  it.each([
    /accepted, delivered/i,
    /p50, p95, p99/,
    /depth/i,
    /wait/i,
    /dead letters/i,
    /connections/i,
    /throttling/i,
    /per 1,000/,
  ])('shows %s', (title) => {
    expect(titles).toMatch(title);
  });

  it('shows metrics that there are', () => {
    const shown = under(workbook, 'metric').map(textOf);
    const known = Object.entries(metrics).flatMap(([type, names]) => names.map((name) => `${type}--${name}`));
    expect(shown.length).toBeGreaterThan(5);
    expect(known).toEqual(expect.arrayContaining(shown));
  });

  it('is told which resources it is about', () => {
    const [deployed] = propertiesOf('Microsoft.Insights/workbooks');
    const text = textOf(deployed?.serializedData ?? '');
    for (const resource of ['workspace.id', 'namespace.id', 'webPubSub.id', 'account.id'])
      expect(text).toContain(resource);
    expect(text).not.toMatch(/__[A-Z_]+__/);
  });

  it('reckons with the prices of the price list', () => {
    const [, text = '{}'] = /let price = dynamic\((\{[^}]*\})\)/.exec(workbookQueries.join('\n')) ?? [];
    const { azure } = JSON.parse(readFileSync('infra/prices.json', 'utf8')) as {
      azure: Record<string, { price: number }>;
    };
    const prices = Object.entries(JSON.parse(text) as Record<string, number>);
    expect(prices).toHaveLength(6);
    for (const [name, price] of prices) expect(price).toBe(azure[name]?.price);
  });
});

describe.each(globSync('docs/runbooks/*.md'))('%s', (path) => {
  const text = readFileSync(path, 'utf8');

  it('says what it means, where to look and what to do', () => {
    expect(text).toMatch(/^# .+\n\n[^#]+\n## Look\n\n[^#]+\n## Do\n\n- /);
  });

  it('leads only to what is there', () => {
    const links = literals(text, /\]\(([^)#]+)/g).filter((link) => !link.startsWith('http'));
    for (const link of links) expect(existsSync(join(dirname(path), link))).toBe(true);
  });

  it('asks for events that are logged', () => {
    const asked = literals(text.replaceAll(/^(?! {3}).*$/gm, ''), /'([a-z-]+\.[a-z-]+)'/g);
    for (const event of asked) expect(sources).toContain(`'${event}'`);
  });

  it('names settings and parameters that there are', () => {
    const named = literals(text, /`([A-Z]{2,}(?:_[A-Z]+)+)(?:: \w+)?`/g);
    for (const name of named) expect(settingNames).toContain(name);
  });
});
