/**
 * Sends requests, dependencies, logs and metrics to Application Insights where its connection string is set. Loaded only
 * then: the library costs memory and start-up time.
 */
export const startTelemetry = async (connectionString: string | undefined): Promise<void> => {
  if (connectionString === undefined) return;
  const { default: applicationInsights } = await import('applicationinsights');
  applicationInsights.setup(connectionString).start();
};
