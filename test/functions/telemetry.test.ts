import { ManagedIdentityCredential } from '@azure/identity';
import { beforeEach, expect, it, vi } from 'vitest';
import { startApplicationInsights } from '../../functions/telemetry/application-insights.ts';
import { Telemetry } from '../../functions/telemetry/telemetry.ts';

/** Stands in for the library, which would start to send. */
const library = vi.hoisted(() => {
  const state: {
    defaultClient: { config: { aadTokenCredential: unknown; samplingPercentage: number } };
    credentialAtStart: unknown;
    samplingAtStart: number;
  } = {
    defaultClient: { config: { aadTokenCredential: undefined, samplingPercentage: 0 } },
    credentialAtStart: undefined,
    samplingAtStart: 0,
  };
  return { ...state, setup: vi.fn(), start: vi.fn() };
});
vi.mock('applicationinsights', () => ({ default: library }));

const connectionString = 'InstrumentationKey=00000000-0000-0000-0000-000000000000';

beforeEach(() => {
  library.defaultClient.config.aadTokenCredential = undefined;
  library.setup.mockReset();
  library.start.mockReset().mockImplementation(() => {
    library.credentialAtStart = library.defaultClient.config.aadTokenCredential;
    library.samplingAtStart = library.defaultClient.config.samplingPercentage;
  });
});

it('telemetry goes nowhere where nobody says where to, and work is done all the same', async () => {
  const nowhere = { connectionString: undefined, otlpEndpoint: undefined };
  const telemetry = new Telemetry({ ...nowhere, identityClientId: 'client', samplingPercent: 100 });
  await telemetry.start();
  expect(telemetry.isOn).toBe(false);
  expect(await telemetry.stage('deliver', {}, (traceparent) => Promise.resolve([traceparent]))).toEqual(['']);
  telemetry.count('accepted');
  await telemetry.close();
  expect(library.setup).not.toHaveBeenCalled();
});

it('telemetry is sent as the app’s identity, for the key in its address opens nothing in Azure', async () => {
  await startApplicationInsights(connectionString, '11111111-2222-3333-4444-555555555555', 25);
  expect(library.setup).toHaveBeenCalledWith(connectionString);
  expect(library.start).toHaveBeenCalledOnce();
  expect(library.credentialAtStart).toBeInstanceOf(ManagedIdentityCredential);
  expect(library.samplingAtStart).toBe(25);
});

it('telemetry is sent without an identity where there is none', async () => {
  await startApplicationInsights(connectionString, undefined, 100);
  expect(library.start).toHaveBeenCalledOnce();
  expect(library.credentialAtStart).toBeUndefined();
});
