/** What the rival's server and its clients say to each other. */

/** The server's answer to `send`, `sendToGroup` and `createGroup`, whose id is the group's. */
export interface SendAnswer {
  readonly ok: boolean;
  readonly id?: string;
  readonly error?: string;
}

/** A message, live or from the store. */
export interface RivalMessage {
  readonly id: string;
  readonly conversation: string;
  readonly from: string;
  readonly text: string;
  readonly at: number;
}

/** The server's answer to `sync`. */
export interface SyncAnswer {
  readonly messages: readonly RivalMessage[];
  readonly more: boolean;
}
