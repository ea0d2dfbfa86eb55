import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ServiceSpec {
  name: string;
  /** What it is called in messages. */
  title: string;
  /** The command line that runs it. */
  script: string;
  args: string[];
  env: Record<string, string | undefined>;
  /** Everything it prints goes here. */
  logFile: string;
  /** Called with each line of its standard error, and of its standard output if `verbose`. */
  onLine: (line: string) => void;
  verbose: boolean;
  /** Called when it ends without having been asked to. */
  onUnexpectedExit: (how: string) => void;
}

/** Details of a service's `ready` message; each service has its own. */
export type ReadyDetails = Record<string, unknown>;

/**
 * One service as a child process. It is in a process group of its own, so that Ctrl-C reaches only the stack, which
 * stops its services in order; should the stack die, the closed IPC channel tells the service to stop.
 */
export class ServiceProcess {
  readonly spec: ServiceSpec;
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve('');
  #expectExit = false;
  #lastWords: string[] = [];
  #details: ReadyDetails = {};

  constructor(spec: ServiceSpec) {
    this.spec = spec;
  }

  /** Undefined when it does not run: the id of a process that is gone may be another's. */
  get pid(): number | undefined {
    const child = this.#child;
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  /** What it said about itself when it began to serve; empty when it does not run. */
  get details(): ReadyDetails {
    return this.#details;
  }

  /** Memory in use, in MiB; undefined when it does not run, and where the system does not tell. */
  get memoryMb(): number | undefined {
    const { pid } = this;
    if (pid === undefined) return undefined;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    } catch {
      return undefined;
    }
  }

  /**
   * Starts it.
   *
   * @returns what it says about itself once it serves
   * @throws Error with its last words when it ends instead
   */
  async start(): Promise<ReadyDetails> {
    const { script, args, env, logFile, verbose, title } = this.spec;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [script, ...args], {
      env,
      detached: process.platform !== 'win32',
      // Standard output goes straight to the file: a busy host must not have to pass through the stack.
      stdio: ['ignore', verbose ? 'pipe' : log, 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#expectExit = false;
    this.#lastWords = [];
    this.#listen(child, log);
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      // "close" comes after the last of its output.
      child.once('close', (code, signal) => {
        resolve(signal === null ? `ended with exit code ${code ?? 0}` : `was ended by ${signal}`);
      });
    });
    void this.#exited.then(() => closeSync(log));
    const ready = await Promise.race([this.#ready(child), this.#exited]);
    if (typeof ready === 'string') {
      throw new Error([`${title} did not start; it ${ready}.`, ...this.#lastWords].join('\n'));
    }
    this.#details = ready;
    void this.#exited.then((how) => {
      if (this.#child === child) this.#details = {};
      if (!this.#expectExit && this.#child === child) this.spec.onUnexpectedExit(how);
    });
    return ready;
  }

  /** Asks it to stop and waits until it has. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
  }

  /** Sends it a signal that ends it, and waits for its end. Nothing happens if it isn't running. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#expectExit = true;
    this.#child?.kill(signal);
    await this.#exited;
  }

  #listen(child: ChildProcess, log: number): void {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        writeSync(log, `${line}\n`);
        this.#lastWords = [...this.#lastWords.slice(-19), line];
        this.spec.onLine(line);
      });
    }
  }

  #ready(child: ChildProcess): Promise<ReadyDetails> {
    return new Promise((resolve) => {
      child.on('message', (message: { type?: string }) => {
        if (message.type === 'ready') resolve(message);
      });
    });
  }
}
