import { ServiceBusError } from '@azure/service-bus';
import type { CorrelationRuleFilter, ServiceBusMessage, SqlRuleFilter } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { aBroker, aClient, bodies, contents, receiveOne } from './support.ts';

const news = { topics: [{ name: 'news', subscriptions: [{ name: 'ann' }] }] };

/** The bodies that pass a filter, which is the subscription's only rule. */
async function passing(filter: SqlRuleFilter | CorrelationRuleFilter, messages: ServiceBusMessage[]) {
  const broker = await aBroker(news);
  const client = aClient(broker);
  const rules = client.createRuleManager('news', 'ann');
  await rules.deleteRule('$Default');
  await rules.createRule('only', filter);
  await client.createSender('news').sendMessages(messages);
  return bodies(await contents(broker, 'news/Subscriptions/ann'));
}

const withColor = (body: string, applicationProperties: ServiceBusMessage['applicationProperties']) => ({
  body,
  applicationProperties: applicationProperties ?? {},
});

test('a SQL filter decides on application properties', async () => {
  const passed = await passing({ sqlExpression: "color = 'red' AND quantity > 5" }, [
    withColor('both', { color: 'red', quantity: 6 }),
    withColor('few', { color: 'red', quantity: 5 }),
    withColor('blue', { color: 'blue', quantity: 6 }),
    withColor('unknown', { color: 'red' }),
  ]);
  expect(passed).toEqual(['both']);
});

test('a SQL filter decides on system properties', async () => {
  const passed = await passing({ sqlExpression: "sys.Label LIKE 'inv%' AND sys.CorrelationId IS NOT NULL" }, [
    { body: 'yes', subject: 'invoice', correlationId: 'c' },
    { body: 'no', subject: 'invoice' },
    { body: 'neither', subject: 'order', correlationId: 'c' },
  ]);
  expect(passed).toEqual(['yes']);
});

test('a correlation filter wants all it names, system and application properties', async () => {
  const at = new Date(86_400_000);
  const filter = { subject: 'red', messageId: 'm', applicationProperties: { size: 'L', at, on: true, n: 2 } };
  const passed = await passing(filter, [
    {
      body: 'all',
      subject: 'red',
      messageId: 'm',
      applicationProperties: { size: 'L', at, on: true, n: 2, x: 1 },
    },
    {
      body: 'other date',
      subject: 'red',
      messageId: 'm',
      applicationProperties: { size: 'L', at: new Date(1), on: true, n: 2 },
    },
    {
      body: 'lower case',
      subject: 'red',
      messageId: 'm',
      applicationProperties: { size: 'l', at, on: true, n: 2 },
    },
    { body: 'none', subject: 'red', messageId: 'm' },
  ]);
  expect(passed).toEqual(['all']);
});

test('true and false filters', async () => {
  expect(await passing({ sqlExpression: '1=1' }, [{ body: 'x' }])).toEqual(['x']);
  expect(await passing({ sqlExpression: '1=0' }, [{ body: 'x' }])).toEqual([]);
});

test('an action changes the copy of its subscription only', async () => {
  const broker = await aBroker({
    topics: [{ name: 'news', subscriptions: [{ name: 'ann' }, { name: 'bo' }] }],
  });
  const client = aClient(broker);
  const rules = client.createRuleManager('news', 'ann');
  await rules.deleteRule('$Default');
  await rules.createRule(
    'mark',
    { sqlExpression: 'priority IS NULL' },
    { sqlExpression: "SET priority = 'high'; SET sys.Label = 'marked'; REMOVE secret" },
  );
  await client
    .createSender('news')
    .sendMessages({ body: 1, applicationProperties: { secret: 'x', kept: 1 } });
  const ann = await receiveOne(client.createReceiver('news', 'ann'));
  expect(ann.applicationProperties).toEqual({ kept: 1, priority: 'high', RuleName: 'mark' });
  expect(ann.subject).toBe('marked');
  const bo = await receiveOne(client.createReceiver('news', 'bo'));
  expect(bo.applicationProperties).toEqual({ secret: 'x', kept: 1 });
});

test('several matching rules without an action give one copy', async () => {
  const broker = await aBroker(news);
  const client = aClient(broker);
  await client.createRuleManager('news', 'ann').createRule('second', { sqlExpression: '1=1' });
  await client.createSender('news').sendMessages({ body: 1 });
  expect(await contents(broker, 'news/Subscriptions/ann')).toHaveLength(1);
});

test('rules with an action give a copy each, named, beside the one of all rules without', async () => {
  const broker = await aBroker(news);
  const client = aClient(broker);
  const rules = client.createRuleManager('news', 'ann');
  const all = { sqlExpression: '1=1' };
  await rules.createRule('plain', all);
  await rules.createRule('one', all, { sqlExpression: 'SET by = 1' });
  await rules.createRule('two', all, { sqlExpression: 'SET by = 2' });
  await rules.createRule('none', { sqlExpression: '1=0' }, { sqlExpression: 'SET by = 3' });
  await client.createSender('news').sendMessages({ body: 1 });
  const copies = await contents(broker, 'news/Subscriptions/ann');
  expect(copies.map(({ applicationProperties = {} }) => applicationProperties)).toEqual([
    {},
    { by: 1, RuleName: 'one' },
    { by: 2, RuleName: 'two' },
  ]);
});

test('rules are listed by name, page by page, as they were made', async () => {
  const rules = aClient(await aBroker(news)).createRuleManager('news', 'ann');
  await rules.createRule('sqlRule', { sqlExpression: 'a = 1' }, { sqlExpression: 'SET b = 2' });
  await rules.createRule('correlationRule', { subject: 's', applicationProperties: { k: 'v' } });
  const listed = [];
  for await (const page of rules.listRules().byPage({ maxPageSize: 1 })) {
    expect(page).toHaveLength(1);
    listed.push(...page);
  }
  expect(listed).toMatchObject([
    { name: '$Default', filter: { sqlExpression: '1=1' }, action: {} },
    { name: 'correlationRule', filter: { subject: 's', applicationProperties: { k: 'v' } }, action: {} },
    { name: 'sqlRule', filter: { sqlExpression: 'a = 1' }, action: { sqlExpression: 'SET b = 2' } },
  ]);
});

test('a rule that exists, is not there or cannot be read is refused', async () => {
  const rules = aClient(await aBroker(news)).createRuleManager('news', 'ann');
  await rules.createRule('one', { sqlExpression: 'a = 1' });
  await expect(rules.createRule('one', { sqlExpression: 'a = 2' })).rejects.toMatchObject({
    code: 'MessagingEntityAlreadyExists',
    message: expect.stringMatching(/The messaging entity '.*one' already exists\./) as string,
  });
  await expect(rules.deleteRule('none')).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
  await expect(rules.createRule('bad', { sqlExpression: 'a = ' })).rejects.toBeInstanceOf(ServiceBusError);
});

test('rules can stand in the configuration', async () => {
  const broker = await aBroker({
    topics: [
      {
        name: 'news',
        subscriptions: [
          {
            name: 'sql',
            rules: [
              { Name: 'r', Properties: { FilterType: 'Sql', SqlFilter: { SqlExpression: "x = 'y'" } } },
            ],
          },
          {
            name: 'correlation',
            rules: [
              {
                Name: 'r',
                Properties: {
                  FilterType: 'Correlation',
                  CorrelationFilter: { Label: 'l', Properties: { n: 1 } },
                },
              },
            ],
          },
        ],
      },
    ],
  });
  const sender = aClient(broker).createSender('news');
  await sender.sendMessages([
    { body: 'for sql', applicationProperties: { x: 'y' } },
    { body: 'for correlation', subject: 'l', applicationProperties: { n: 1 } },
  ]);
  expect(bodies(await contents(broker, 'news/Subscriptions/sql'))).toEqual(['for sql']);
  expect(bodies(await contents(broker, 'news/Subscriptions/correlation'))).toEqual(['for correlation']);
});
