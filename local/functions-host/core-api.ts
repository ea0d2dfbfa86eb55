import { HostStartError } from './errors.ts';
import type { InputData, InvocationResponse, TypedData } from './rpc-data.ts';

/** A binding as `app.http(...)` and its like describe it; further properties depend on the type. */
export interface Binding {
  type: string;
  direction: string;
  [property: string]: unknown;
}

export interface RetryOptions {
  maxRetryCount: number;
  retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  delayInterval?: Duration;
  minimumInterval?: Duration;
  maximumInterval?: Duration;
}

/** Protobuf's duration. */
export interface Duration {
  seconds?: number;
  nanos?: number;
}

export interface FunctionMetadata {
  name: string;
  functionId?: string;
  bindings: Record<string, Binding>;
  retryOptions?: RetryOptions | undefined;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

/** A function the app has registered, and the one binding that starts it. */
export interface RegisteredFunction {
  id: string;
  name: string;
  metadata: FunctionMetadata;
  callback: FunctionCallback;
  trigger: { name: string; binding: Binding };
}

/** What the host hands the programming model for one invocation. */
export interface CoreInvocationContext {
  invocationId: string;
  metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  request: {
    invocationId: string;
    functionId: string;
    inputData: InputData[];
    triggerMetadata: Record<string, TypedData>;
    traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
    retryContext?: RetryContext;
  };
  log: (level: string, category: string, message: string) => void;
}

export interface RetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message: string; source: string; stackTrace: string };
}

/** One invocation as the library runs it (`@azure/functions` src/InvocationModel.ts). */
interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

/** The library that turns gRPC shapes into handlers' arguments; `@azure/functions` sets it at its first registration. */
export interface ProgrammingModel {
  name: string;
  version: string;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
}

export type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate' | 'log';
type HookCallback = (context: object) => unknown;

class Disposable {
  #onDispose: (() => void) | undefined;

  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }

  static from(...disposables: { dispose(): void }[]): Disposable {
    return new Disposable(() => {
      for (const each of disposables) each.dispose();
    });
  }

  dispose(): void {
    const onDispose = this.#onDispose;
    this.#onDispose = undefined;
    onDispose?.();
  }
}

/**
 * What the app has registered, and the module `@azure/functions-core` through which it did. The real one is part of
 * the Node.js worker (src/setupCoreModule.ts) and exists nowhere on npm.
 */
export class AppRegistry {
  readonly functions = new Map<string, RegisteredFunction>();
  /** Data shared by all hooks of this process. */
  readonly appHookData: Record<string, unknown> = {};
  /** Data shared by the appStart and appTerminate hooks only. */
  readonly appLevelHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  /** After start nothing more may be registered. */
  locked = false;

  readonly #hooks = new Map<string, HookCallback[]>();
  readonly #onLog: (level: string, category: string, message: string) => void;

  constructor(onLog: (level: string, category: string, message: string) => void) {
    this.#onLog = onLog;
  }

  /** The object `require('@azure/functions-core')` answers. */
  coreModule(): object {
    return {
      version: '3.11.0',
      hostVersion: '4.1037.0',
      Disposable,
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
        this.#registerFunction(metadata, callback),
      registerHook: (name: string, callback: HookCallback) => this.#registerHook(name, callback),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.model = model;
      },
      getProgrammingModel: () => this.model,
      log: this.#onLog,
    };
  }

  hooks(name: HookName): readonly HookCallback[] {
    return this.#hooks.get(name) ?? [];
  }

  /** Runs the hooks of that name one after the other, in the order of their registration; the first to throw ends it. */
  async runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of this.hooks(name)) await hook(context);
  }

  #registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.locked) throw new Error('A function can only be registered during app startup.');
    const id = metadata.functionId ?? metadata.name;
    const key = id.toLowerCase();
    if (this.functions.has(key)) throw new HostStartError(`A function named "${id}" is registered twice.`);
    const trigger = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
    if (trigger === undefined) throw new HostStartError(`Function "${metadata.name}" has no trigger.`);
    const [name, binding] = trigger;
    this.functions.set(key, { id, name: metadata.name, metadata, callback, trigger: { name, binding } });
    return new Disposable(() => this.functions.delete(key));
  }

  #registerHook(name: string, callback: HookCallback): Disposable {
    const hooks = this.#hooks.get(name) ?? [];
    this.#hooks.set(name, [...hooks, callback]);
    return new Disposable(() => {
      this.#hooks.set(
        name,
        (this.#hooks.get(name) ?? []).filter((each) => each !== callback),
      );
    });
  }
}
