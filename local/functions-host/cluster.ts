import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { HostStartError } from './errors.ts';

/** What a worker says once it serves. */
type ReadyMessage = { type: 'ready'; port: number; inspection?: string[] } & Record<string, unknown>;

/** In a worker's environment: it is not the first one, so timers are not its business. */
export const secondaryVariable = 'FUNCTIONS_HOST_SECONDARY';

/** Several worker processes of one host. */
export interface WorkerProcesses {
  /** What the first one said, with the places where any of them can be inspected. */
  ready: ReadyMessage;
  /** Resolves with an exit code when a worker ends without having been asked to. */
  failed: Promise<number>;
  /** Tells all to stop and waits until they have. @throws HostStartError when one had to leave work behind */
  stop(): Promise<void>;
}

/**
 * Runs this process's command line in several worker processes that share its port, as instances of an app do in Azure.
 * Only the first one has timers.
 *
 * @throws HostStartError when one does not start; the others are ended
 */
export async function startWorkers(count: number): Promise<WorkerProcesses> {
  const workers = Array.from({ length: count }, (_, n) =>
    cluster.fork(n === 0 ? {} : { [secondaryVariable]: '1' }),
  );
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    const codes = await Promise.all(workers.map(stopWorker));
    const failed = codes.find((code) => code !== 0);
    if (failed !== undefined) throw new HostStartError(`A worker ended with exit code ${failed}.`);
  };
  try {
    const all = await Promise.all(workers.map(whenReady));
    const [first] = all;
    if (first === undefined) throw new HostStartError('--workers must be at least 1.');
    const failed = new Promise<number>((resolve) => {
      cluster.on('exit', (_, code) => {
        if (!isStopping) resolve(code);
      });
    });
    return {
      ready: { ...first, inspection: all.flatMap(({ inspection = [] }) => inspection) },
      failed,
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined); // why it did not start counts
    throw error;
  }
}

function whenReady(worker: Worker): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: { type?: string }) => {
      if (message.type === 'ready') resolve(message as ReadyMessage);
    });
    // It has said why.
    worker.once('exit', (code: number) =>
      reject(new HostStartError(`A worker ended with exit code ${code}.`)),
    );
  });
}

/** @returns its exit code; 0 for one that was gone before, which has been told */
async function stopWorker(worker: Worker): Promise<number> {
  if (worker.isDead()) return 0;
  const exited = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  return code ?? 1;
}
