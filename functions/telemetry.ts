/**
 * Sends requests, dependencies, logs and metrics to Application Insights where its connection string is set. Loaded only
 * then: the library costs memory and start-up time.
 * @param identityClientId the user-assigned identity that may send; without it the connection string alone must do
 */
export const startTelemetry = async (
  connectionString: string | undefined,
  identityClientId: string | undefined,
): Promise<void> => {
  if (connectionString === undefined) return;
  const { default: applicationInsights } = await import('applicationinsights');
  applicationInsights.setup(connectionString);
  if (identityClientId !== undefined) {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    const credential = new ManagedIdentityCredential({ clientId: identityClientId });
    applicationInsights.defaultClient.config.aadTokenCredential = credential;
  }
  applicationInsights.start();
};
