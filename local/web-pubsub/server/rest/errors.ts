/** A request that cannot be served, as the caller is told. */
export class RestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const badRequest = (message: string): RestError => new RestError(400, 'Error.BadRequest', message);

/** Groups hold connections, so a user without one cannot be added (seen in Azure, where it is 404 too). */
export const userNotFound = (userId: string): RestError =>
  new RestError(404, 'Error.User.NotFound', `User '${userId}' is not found.`);

export const connectionNotFound = (connectionId: string): RestError =>
  new RestError(404, 'Error.Connection.NotFound', `Connection '${connectionId}' does not exist.`);
