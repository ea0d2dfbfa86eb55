import { randomUUID } from 'node:crypto';
import type {
  AppRegistry,
  CoreInvocationContext,
  Duration,
  RegisteredFunction,
  RetryContext,
  RetryOptions,
} from './core-api.ts';
import type { Invocation } from './invocation.ts';
import type { HostLog } from './log.ts';
import { parseLogLevel } from './log.ts';
import type { Witness } from './witness.ts';
import type { InvocationResponse } from './rpc-data.ts';

/** The function ran longer than `functionTimeout`. Its handler cannot be stopped and may still be running. */
class FunctionTimeoutError extends Error {
  override readonly name = 'FunctionTimeoutError';
}

/** Runs functions: hooks, time limit, log lines, in the order of the worker's InvocationHandler.ts. */
export class Invoker {
  readonly #registry: AppRegistry;
  readonly #log: HostLog;
  readonly #timeoutMs: number | undefined;
  readonly #witness: Witness | undefined;
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(registry: AppRegistry, log: HostLog, timeoutMs: number | undefined, witness?: Witness) {
    this.#registry = registry;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#witness = witness;
  }

  /**
   * Calls the function once.
   *
   * @returns what the programming model made of the handler's result
   * @throws whatever the handler or a hook threw, or FunctionTimeoutError; it is logged already
   */
  async invoke(fn: RegisteredFunction, call: Invocation, retry?: RetryContext): Promise<InvocationResponse> {
    const id = randomUUID();
    const category = `Function.${fn.name}`;
    const startedAt = performance.now();
    const info = this.#log.enabled('information', category);
    if (info) {
      this.#log.write(
        'information',
        category,
        `Executing 'Functions.${fn.name}' (Reason='${call.reason}', Id=${id})`,
      );
      if (call.details !== undefined) this.#log.write('information', category, call.details());
    }
    const traced = { ...call, traceParent: call.traceParent ?? newTraceParent() };
    const run = (): Promise<InvocationResponse> =>
      this.#withTimeout(fn, id, this.#run(fn, id, traced, retry));
    const work = this.#witness === undefined ? run() : this.#witness.begin(fn, id, traced, run);
    this.#inFlight.add(work);
    try {
      const response = await work;
      if (info) {
        const ms = Math.round(performance.now() - startedAt);
        this.#log.write(
          'information',
          category,
          `Executed 'Functions.${fn.name}' (Succeeded, Id=${id}, Duration=${ms}ms)`,
        );
      }
      return response;
    } catch (error) {
      const ms = Math.round(performance.now() - startedAt);
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#log.write(
        'error',
        category,
        `Executed 'Functions.${fn.name}' (Failed, Id=${id}, Duration=${ms}ms)\n${cause}`,
      );
      throw error;
    } finally {
      this.#inFlight.delete(work);
    }
  }

  /**
   * Calls the function, and again after failures as its `retry` option says. Only triggers without a queue behind
   * them are retried so (in Azure: timers, Event Hubs, Cosmos DB, Kafka).
   */
  async invokeWithRetries(fn: RegisteredFunction, call: Invocation, signal: AbortSignal): Promise<void> {
    const policy = fn.metadata.retryOptions;
    let context: RetryContext | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.invoke(fn, call, context);
        return;
      } catch (error) {
        const exhausted =
          policy === undefined || (policy.maxRetryCount !== -1 && attempt >= policy.maxRetryCount);
        if (exhausted || signal.aborted) throw error;
        context = retryContext(attempt + 1, policy.maxRetryCount, error);
        await delay(retryDelayMs(policy, attempt), signal);
      }
    }
  }

  /** Resolves once nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
  }

  async #run(
    fn: RegisteredFunction,
    id: string,
    call: Invocation,
    retry: RetryContext | undefined,
  ): Promise<InvocationResponse> {
    const registry = this.#registry;
    const core = this.#coreContext(fn, id, call, retry);
    if (registry.model === undefined) throw new Error('No programming model is set.');
    const invocation = registry.model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const shared = { hookData: {}, appHookData: registry.appHookData, invocationContext: context };
    const before = { ...shared, functionCallback: fn.callback, inputs };
    await inState(core, 'preInvocationHooks', () => registry.runHooks('preInvocation', before));
    const after: { inputs: unknown[]; result: unknown; error: unknown } & typeof shared = {
      ...shared,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    await inState(core, 'invocation', async () => {
      try {
        after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
      } catch (error) {
        after.error = error ?? new Error('The function threw nothing.');
      }
    });
    await inState(core, 'postInvocationHooks', () => registry.runHooks('postInvocation', after));
    if (after.error !== null && after.error !== undefined) throw after.error as Error;
    return invocation.getResponse(context, after.result);
  }

  #coreContext(
    fn: RegisteredFunction,
    id: string,
    call: Invocation,
    retry: RetryContext | undefined,
  ): CoreInvocationContext {
    return {
      invocationId: id,
      metadata: fn.metadata,
      state: undefined,
      request: {
        invocationId: id,
        functionId: fn.id,
        inputData: call.inputData,
        triggerMetadata: call.triggerMetadata,
        traceContext: {
          traceParent: call.traceParent ?? '',
          traceState: call.traceState ?? '',
          attributes: {},
        },
        ...(retry === undefined ? {} : { retryContext: retry }),
      },
      log: (level, category, message) => this.#appLog(fn, id, level, category, message),
    };
  }

  #appLog(fn: RegisteredFunction, id: string, level: string, category: string, message: string): void {
    let line = { level, category, message };
    for (const hook of this.#registry.hooks('log')) {
      const context = { ...line, hookData: {}, appHookData: this.#registry.appHookData };
      hook(context);
      line = context;
    }
    const name = line.category === 'user' ? `Function.${fn.name}.User` : `Function.${fn.name}`;
    const severity = parseLogLevel(line.level) ?? 'information';
    this.#witness?.logged(id, severity, line.message);
    this.#log.write(severity, name, line.message, id);
  }

  #withTimeout<T>(fn: RegisteredFunction, id: string, work: Promise<T>): Promise<T> {
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return work;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const limit = new Date(timeoutMs).toISOString().slice(11, 19);
        reject(
          new FunctionTimeoutError(
            `Timeout value of ${limit} exceeded by function 'Functions.${fn.name}' (Id: '${id}'). Initiating cancellation.`,
          ),
        );
      }, timeoutMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

async function inState(
  core: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext['state']>,
  step: () => Promise<void>,
): Promise<void> {
  core.state = state;
  try {
    await step();
  } finally {
    core.state = undefined;
  }
}

/** W3C Trace Context §3.2.2: version, trace id, parent id, flags. */
function newTraceParent(): string {
  // randomUUID draws from a buffer; randomBytes asks the system each time, which takes as long as a short call.
  const [traceId, parentId] = [randomUUID(), randomUUID()].map((id) => id.replaceAll('-', ''));
  return `00-${traceId ?? ''}-${(parentId ?? '').slice(16)}-00`;
}

function retryContext(retryCount: number, maxRetryCount: number, error: unknown): RetryContext {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { retryCount, maxRetryCount, exception: { message, source: '', stackTrace: stack ?? '' } };
}

function durationMs(duration: Duration | undefined): number {
  return (duration?.seconds ?? 0) * 1000 + (duration?.nanos ?? 0) / 1e6;
}

function retryDelayMs(policy: RetryOptions, attempt: number): number {
  if (policy.retryStrategy === 'fixedDelay') return durationMs(policy.delayInterval);
  return Math.min(durationMs(policy.maximumInterval), durationMs(policy.minimumInterval) * 2 ** attempt);
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
