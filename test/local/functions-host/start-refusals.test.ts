import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fixture, refusedStart, startHost, withApp } from './host-process.ts';

const library = "import { app } from '@azure/functions';\n";

/** Starts the host with an app and expects exit code 1; resolves with what it printed. */
const refusal = (files: Record<string, string>, env: Record<string, string> = {}) =>
  withApp(files, async (appDir) => {
    const { code, output } = await refusedStart(appDir, { env });
    expect(code).toBe(1);
    return output;
  });

describe('an app is refused at start', () => {
  it('with all of its unsupported triggers and bindings named at once', async () => {
    const output = await refusal({
      'index.mjs': `${library}
        import { input, output } from '@azure/functions';
        const handler = () => undefined;
        app.storageQueue('queued', { queueName: 'q', connection: 'C', handler });
        app.eventGrid('events', { handler });
        app.http('writes', { handler, extraOutputs: [output.storageBlob({ path: 'c/b', connection: 'C' })] });
        app.http('reads', { handler, extraInputs: [input.table({ tableName: 't', connection: 'C' })] });
        app.http('fine', { handler });`,
    });
    expect(output).toContain('"queued": trigger "queueTrigger" is not supported');
    expect(output).toContain('"events": trigger "eventGridTrigger" is not supported');
    expect(output).toMatch(/"writes": output binding ".+" of type "blob" is not supported/);
    expect(output).toMatch(/"reads": input binding ".+" of type "table" is not supported/);
    expect(output).not.toContain('"fine"');
  });

  it('with all problems of its triggers named at once', async () => {
    const output = await refusal(
      {
        'index.mjs': `${library}
          const handler = () => undefined;
          app.timer('never', { schedule: 'at noon', handler });
          app.serviceBusQueue('noSetting', { connection: 'Bus', queueName: 'q', handler });
          app.serviceBusQueue('identity', { connection: 'Cloud', queueName: 'q', handler });
          app.serviceBusQueue('unresolved', { connection: 'Here', queueName: '%Queue%', handler });
          app.serviceBusTopic('batch', { connection: 'Here', topicName: 't', subscriptionName: 's', cardinality: 'many', handler });`,
      },
      { Cloud__fullyQualifiedNamespace: 'x.servicebus.windows.net', Here: 'Endpoint=sb://127.0.0.1:1;' },
    );
    expect(output).toContain('"never": the schedule "at noon" is not an NCRONTAB expression');
    expect(output).toContain('"noSetting": the setting "Bus" (a connection string) is missing');
    expect(output).toContain(
      '"identity": the setting "Cloud__fullyQualifiedNamespace" asks for a connection with an identity',
    );
    expect(output).toContain('"unresolved": "%Queue%" does not resolve to a setting');
    expect(output).toContain('"batch": "cardinality": "many" is not supported');
  });

  it('when it wants HTTP streaming', async () => {
    const output = await refusal({
      'index.mjs': `${library} app.setup({ enableHttpStream: true }); app.http('x', { handler: () => ({}) });`,
    });
    expect(output).toContain('enableHttpStream');
  });

  it('when it registers nothing through the library', async () => {
    expect(await refusal({ 'index.mjs': 'export const nothing = 1;' })).toContain('registered no function');
  });

  it('when it throws while it loads, with its error', async () => {
    const output = await refusal({ 'index.mjs': "throw new Error('settings are missing');" });
    expect(output).toContain('Error: settings are missing');
  });

  it('when two functions have one name, or one route', async () => {
    const two = (first: string, second: string) =>
      refusal({ 'index.mjs': `${library} ${first}; ${second};` });
    expect(
      await two("app.http('same', { handler: () => ({}) })", "app.http('Same', { handler: () => ({}) })"),
    ).toContain('"Same" is registered twice');
    expect(
      await two(
        "app.http('a', { methods: ['GET'], route: 'x/{id}', handler: () => ({}) })",
        "app.http('b', { methods: ['GET'], route: 'X/{name}', handler: () => ({}) })",
      ),
    ).toContain('"b": GET /api/X/{name} belongs to another function already');
  });

  it('when a route is beyond what is supported', async () => {
    const output = await refusal({
      'index.mjs': `${library} app.http('a', { route: 'x/{id:regex(a)}', handler: () => ({}) });`,
    });
    expect(output).toContain('is not supported');
  });

  it('when it is not built', async () => {
    const output = await refusal({ 'package.json': '{"main":"dist/index.js"}' });
    expect(output).toContain('no such file exists. Is the app built?');
  });

  it('when package.json or host.json is missing, not JSON or without what it must say', async () => {
    expect(await refusal({ 'package.json': '{}' })).toContain('has no "main"');
    expect(await refusal({ 'package.json': '{' })).toContain('is not valid JSON');
    expect(await refusal({ 'index.mjs': '', 'host.json': '{' })).toContain('is not valid JSON');
    expect(await refusal({ 'index.mjs': '', 'host.json': '{}' })).toContain('"version" must be "2.0"');
    const { output } = await refusedStart(import.meta.dirname);
    expect(output).toContain('There is no host.json');
  });

  it('when its settings file is encrypted or holds what is not text', async () => {
    const settings = (content: string) => refusal({ 'index.mjs': '', 'local.settings.json': content });
    expect(await settings('{"IsEncrypted":true,"Values":{}}')).toContain('is encrypted');
    expect(await settings('{"Values":{"A":1}}')).toContain('the value of "A" must be a string');
  });
});

describe('the command line', () => {
  it('says which port is busy and how to choose another', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { code, output } = await refusedStart(fixture('http'), { args: ['--port', `${port}`] });
    holder.close();
    expect(code).toBe(1);
    expect(output).toContain(
      `Port ${port} on 127.0.0.1 is already in use. Stop what holds it, or choose another port with --port.`,
    );
  });

  it('explains itself when it is misused', async () => {
    const { code, output } = await refusedStart(fixture('http'), { args: ['--prot', '1'] });
    expect(code).toBe(1);
    expect(output).toContain("Unknown option '--prot'");
    expect(output).toContain('Usage:');
    expect((await refusedStart(fixture('http'), { args: ['--port', '70000'] })).output).toContain(
      '--port is "70000", but must be a number from 0',
    );
  });

  it('takes settings from the file, and the environment before it', async () => {
    await withApp(
      {
        'index.mjs': `${library} app.http('env', { handler: () => ({ jsonBody: { file: process.env.FROM_FILE, both: process.env.FROM_BOTH } }) });`,
        'local.settings.json': '{"Values":{"FROM_FILE":"file","FROM_BOTH":"file"}}',
      },
      async (appDir) => {
        const host = await startHost(appDir, { env: { FROM_BOTH: 'environment' } });
        const seen = await (await fetch(`${host.url}/api/env`)).json();
        await host.stop();
        expect(seen).toEqual({ file: 'file', both: 'environment' });
      },
    );
  });

  it('leaves out functions that are disabled by a setting, whatever they need', async () => {
    await withApp(
      {
        'index.mjs': `${library}
          app.storageQueue('queued', { queueName: 'q', connection: 'C', handler: () => undefined });
          app.http('here', { handler: () => ({ body: 'here' }) });`,
      },
      async (appDir) => {
        const host = await startHost(appDir, { env: { 'AzureWebJobs.queued.Disabled': 'true' } });
        expect(await (await fetch(`${host.url}/api/here`)).text()).toBe('here');
        await host.stop();
      },
    );
  });
});
