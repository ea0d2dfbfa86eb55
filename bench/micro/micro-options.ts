export interface MicroOptions {
  /** Folder for the service's state. */
  readonly dataDir: string;
  /** How long latencies are measured. */
  readonly seconds: number;
}
