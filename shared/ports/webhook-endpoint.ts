/** A call, whole as it goes over the wire. */
export interface WebhookCall {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** What came of a call. */
export type CallOutcome =
  | { isDelivered: true }
  | {
      isDelivered: false;
      /** For whoever owns the webhook; nothing of the answer's body. */
      detail: string;
      /** HTTP status; undefined: there was no answer. */
      status: number | undefined;
      /** When the endpoint asks to be tried again. */
      retryAfterSeconds: number | undefined;
    };

/** The way to other people's servers. */
export interface WebhookEndpoint {
  /** Why nothing is ever sent to a URL, in words that follow its name ("url must …"); undefined: it may be. */
  refusalOf(url: string): string | undefined;

  /** Posts; never throws, and comes to its end within seconds. */
  call(call: WebhookCall): Promise<CallOutcome>;
}
