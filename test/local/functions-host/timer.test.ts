import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TimerListener } from '../../../local/functions-host/triggers/timer/timer-listener.ts';
import { startAzurite } from '../../support/azurite.ts';
import { startHost, withApp } from './host-process.ts';
import { aTriggerContext, type Call, Recorder, started } from './trigger-support.ts';

interface TimerInfo {
  IsPastDue: boolean;
  ScheduleStatus?: { Last: string; Next: string };
}

const newYear = '0 0 0 1 1 *';

function aTimer(
  binding: Record<string, unknown>,
  handler: (call: Call) => unknown,
  settings: Record<string, string> = {},
) {
  return new TimerListener(aTriggerContext({ binding, handler, settings }));
}

const infoOf = (call: Call | undefined) => call?.input as TimerInfo;

describe('a timer', () => {
  it('fires at its times', async () => {
    const calls = new Recorder<Call & { at: number }>();
    await started(aTimer({ schedule: '* * * * * *' }, (call) => calls.add({ ...call, at: Date.now() })));
    const [first, second] = await calls.reaching(2);
    expect(first?.reason).toMatch(/^Timer fired at \d{4}-.+Z$/);
    expect(infoOf(first)).toEqual({ Schedule: { AdjustForDST: true }, IsPastDue: false });
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(500);
  });

  it('takes its schedule from a setting', async () => {
    const calls = new Recorder<Call>();
    await started(aTimer({ schedule: '%Often%' }, (call) => calls.add(call), { Often: '00:00:00.020' }));
    await calls.reaching(3);
  });

  it('fires at start when runOnStartup is set, and otherwise only when told to', async () => {
    const calls = new Recorder<Call>();
    await started(aTimer({ schedule: newYear, runOnStartup: true }, (call) => calls.add(call)));
    await calls.reaching(1);
    const quiet = await started(aTimer({ schedule: newYear }, (call) => calls.add(call)));
    expect(calls.items).toHaveLength(1);
    quiet.fire();
    expect(infoOf((await calls.reaching(2))[1]).IsPastDue).toBe(false);
  });

  it('never runs twice at once, and is waited for when it is stopped', async () => {
    let running = 0;
    const most: number[] = [];
    const calls = new Recorder<Call>();
    const timer = aTimer({ schedule: newYear }, async (call) => {
      most.push(++running);
      await new Promise((later) => setTimeout(later, 20));
      running--;
      calls.add(call);
    });
    await timer.start();
    timer.fire();
    timer.fire();
    await calls.reaching(2);
    timer.fire();
    await new Promise((turn) => setImmediate(turn));
    await timer.stop();
    expect(running).toBe(0);
    expect(new Set(most)).toEqual(new Set([1]));
  });

  it('goes on after a failed call', async () => {
    const calls = new Recorder<Call>();
    await started(
      aTimer({ schedule: '00:00:00.020' }, (call) => {
        calls.add(call);
        throw new Error('not this time');
      }),
    );
    await calls.reaching(3);
  });
});

it('an occurrence that was missed is made up for at the next start', { timeout: 60_000 }, async () => {
  const azurite = await startAzurite();
  onTestFinished(() => azurite.stop());
  const settings = { AzureWebJobsStorage: azurite.blobs };
  const calls = new Recorder<Call>();
  const first = aTimer({ schedule: newYear }, (call) => calls.add(call), settings);
  await first.start();
  first.fire();
  await calls.reaching(1);
  await first.stop();

  const container = BlobServiceClient.fromConnectionString(azurite.blobs).getContainerClient(
    'azure-webjobs-hosts',
  );
  const blob = container.getBlockBlobClient('timers/local/Host.Functions.fn/status');
  const status = JSON.parse((await blob.downloadToBuffer()).toString()) as { Last: string; Next: string };
  expect(status.Next).toBe(`${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000Z`);
  const missed = JSON.stringify({ ...status, Next: '2020-01-01T00:00:00.000Z' });
  await blob.upload(missed, missed.length);

  await started(aTimer({ schedule: newYear }, (call) => calls.add(call), settings));
  const made = infoOf((await calls.reaching(2))[1]);
  expect(made.IsPastDue).toBe(true);
  expect(made.ScheduleStatus?.Last).toBe(status.Last);
});

it('a timer with a retry policy is tried again, and told how often it was', { timeout: 60_000 }, async () => {
  const app = `
    import { app } from '@azure/functions';
    app.timer('flaky', {
      schedule: '${newYear}',
      retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { milliseconds: 10 } },
      handler: (timer, context) => {
        console.log('try', context.retryContext?.retryCount ?? 0, context.retryContext?.exception?.message ?? '-', timer.isPastDue);
        throw new Error('flaky');
      },
    });`;
  await withApp({ 'index.mjs': app }, async (appDir) => {
    const host = await startHost(appDir);
    const response = await fetch(`${host.url}/admin/functions/flaky`, { method: 'POST' });
    expect(response.status).toBe(202);
    await host.line(/^try 2/);
    await host.stop();
    const tries = host
      .output()
      .split('\n')
      .filter((line) => line.startsWith('try'));
    expect(tries).toEqual(['try 0 - false', 'try 1 flaky false', 'try 2 flaky false']);
  });
});
