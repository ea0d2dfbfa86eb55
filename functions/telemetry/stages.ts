/** Where a message is on its way. A stage within another is a part of it. */
export type Stage = 'accept' | 'deliver' | 'check' | 'push' | 'inbox' | 'receipt';

/** What is counted. */
export type Counter = 'accepted' | 'delivered' | 'rejected' | 'throttled' | 'dead-letters';

/** What is measured, in ms. */
export type Measure = 'acceptance-to-push' | 'queue-age';

export interface TelemetrySettings {
  /** Of Application Insights; it comes before the other. */
  connectionString: string | undefined;
  /** The user-assigned identity that may send; without it the connection string alone must do. */
  identityClientId: string | undefined;
  /** Where OTLP over HTTP is taken. */
  otlpEndpoint: string | undefined;
  /** Of a hundred traces so many are sent: whole, for the trace's id decides. Metrics are not sampled. */
  samplingPercent: number;
}
