import {
  endMarkMinutes,
  minuteOf,
  nextLook,
  secondLookMinutes,
  type Lease,
  type Standing,
} from '../../domain/presence.ts';
import type { Presence } from '../../ports/presence.ts';

/** Presence that lives as long as the process: for tests and simulations. */
export class MemoryPresence implements Presence {
  readonly #leases = new Map<string, Lease>();
  readonly #lastSeen = new Map<string, string>();
  readonly #toldOnline = new Set<string>();

  connected(userId: string, connectionId: string, at = new Date(0)): Promise<void> {
    const lease = { userId, connectionId, dueAt: nextLook(at, at), isEndMark: false, isMissing: false };
    if (!this.#leases.has(connectionId)) this.#leases.set(connectionId, lease);
    return Promise.resolve();
  }

  disconnected(userId: string, connectionId: string, at = new Date(0)): Promise<void> {
    const dueAt = minuteOf(at, endMarkMinutes);
    const known = this.#leases.get(connectionId);
    if (known && !known.isEndMark) this.#end(known, at);
    else this.#leases.set(connectionId, { userId, connectionId, dueAt, isEndMark: true, isMissing: false });
    return Promise.resolve();
  }

  standing(userId: string): Promise<Standing> {
    const isTheirs = (lease: Lease): boolean => lease.userId === userId && !lease.isEndMark;
    const connections = [...this.#leases.values()].filter(isTheirs).map(({ connectionId }) => connectionId);
    const online = connections.length > 0;
    const lastSeenAt = online ? null : (this.#lastSeen.get(userId) ?? null);
    return Promise.resolve({ connections, online, lastSeenAt, isToldOnline: this.#toldOnline.has(userId) });
  }

  noteTold(userId: string, isOnline: boolean): Promise<void> {
    if (isOnline) this.#toldOnline.add(userId);
    else this.#toldOnline.delete(userId);
    return Promise.resolve();
  }

  async isOnline(userId: string): Promise<boolean> {
    return (await this.standing(userId)).online;
  }

  async *expired(now: Date): AsyncGenerator<Lease[]> {
    const expired = [...this.#leases.values()].filter(({ dueAt }) => dueAt <= now);
    expired.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    if (expired.length > 0) yield await Promise.resolve(expired);
  }

  renew(leases: readonly Lease[], now: Date): Promise<void> {
    for (const lease of leases) this.#change(lease, { dueAt: nextLook(lease.dueAt, now), isMissing: false });
    return Promise.resolve();
  }

  doubt(leases: readonly Lease[], now: Date): Promise<void> {
    for (const lease of leases)
      this.#change(lease, { dueAt: minuteOf(now, secondLookMinutes), isMissing: true });
    return Promise.resolve();
  }

  end(leases: readonly Lease[], at = new Date(0)): Promise<void> {
    for (const { connectionId } of leases) {
      const known = this.#leases.get(connectionId);
      if (known) this.#end(known, at);
    }
    return Promise.resolve();
  }

  erase(userId: string): Promise<void> {
    for (const lease of this.#leases.values())
      if (lease.userId === userId) this.#leases.delete(lease.connectionId);
    this.#lastSeen.delete(userId);
    this.#toldOnline.delete(userId);
    return Promise.resolve();
  }

  #end({ userId, connectionId, isEndMark }: Lease, at: Date): void {
    this.#leases.delete(connectionId);
    if (!isEndMark) this.#lastSeen.set(userId, at.toISOString());
  }

  #change({ connectionId }: Lease, change: Partial<Lease>): void {
    const known = this.#leases.get(connectionId);
    if (known) this.#leases.set(connectionId, { ...known, ...change });
  }
}
