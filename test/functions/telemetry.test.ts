import { ManagedIdentityCredential } from '@azure/identity';
import { beforeEach, expect, it, vi } from 'vitest';
import { startTelemetry } from '../../functions/telemetry.ts';

/** Stands in for the library, which would start to send. */
const library = vi.hoisted(() => {
  const state: { defaultClient: { config: { aadTokenCredential: unknown } }; credentialAtStart: unknown } = {
    defaultClient: { config: { aadTokenCredential: undefined } },
    credentialAtStart: undefined,
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
  });
});

it('telemetry goes nowhere where nobody says where to', async () => {
  await startTelemetry(undefined, 'client');
  expect(library.setup).not.toHaveBeenCalled();
});

it('telemetry is sent as the app’s identity, for the key in its address opens nothing in Azure', async () => {
  await startTelemetry(connectionString, '11111111-2222-3333-4444-555555555555');
  expect(library.setup).toHaveBeenCalledWith(connectionString);
  expect(library.start).toHaveBeenCalledOnce();
  expect(library.credentialAtStart).toBeInstanceOf(ManagedIdentityCredential);
});

it('telemetry is sent without an identity where there is none', async () => {
  await startTelemetry(connectionString, undefined);
  expect(library.start).toHaveBeenCalledOnce();
  expect(library.credentialAtStart).toBeUndefined();
});
