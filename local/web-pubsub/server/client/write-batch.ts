import type { Duplex } from 'node:stream';

const corked = new Set<Duplex>();

const flush = (): void => {
  for (const socket of corked) socket.uncork();
  corked.clear();
};

/**
 * Holds back what is written to a socket until the events at hand have been dealt with. Messages that arrive together then
 * leave in one system call per client instead of one each, and system calls are most of what a fan-out costs.
 */
export const batchWrites = (socket: Duplex): void => {
  if (corked.has(socket)) return;
  if (corked.size === 0) setImmediate(flush);
  corked.add(socket);
  socket.cork();
};
