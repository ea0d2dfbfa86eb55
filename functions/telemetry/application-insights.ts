/**
 * Sends requests, dependencies, logs and metrics to Application Insights. The library costs memory and start-up time, and
 * is loaded only for this.
 * @param identityClientId the user-assigned identity that may send; without it the connection string alone must do
 * @returns sends what is left
 */
export const startApplicationInsights = async (
  connectionString: string,
  identityClientId: string | undefined,
  samplingPercent: number,
): Promise<() => Promise<void>> => {
  const { default: applicationInsights } = await import('applicationinsights');
  applicationInsights.setup(connectionString);
  const { config } = applicationInsights.defaultClient;
  config.samplingPercentage = samplingPercent;
  if (identityClientId !== undefined) {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    config.aadTokenCredential = new ManagedIdentityCredential({ clientId: identityClientId });
  }
  applicationInsights.start();
  return () => applicationInsights.defaultClient.flush();
};
