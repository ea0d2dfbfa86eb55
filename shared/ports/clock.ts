/** The time, so that tests can choose it. */
export interface Clock {
  now(): Date;
}

/** The time, and waiting for it. */
export interface Timer extends Clock {
  sleep(ms: number): Promise<void>;
}
