/** The URL of a socket, by way of the network in between. */
export const viaPort = (url: string, port: number): string => {
  const via = new URL(url);
  via.port = String(port);
  return via.href;
};
