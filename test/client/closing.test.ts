import { expect, it } from 'vitest';
import type { Environment } from '../../client/index.ts';
import { groupConversationId } from '../../shared/domain/identifiers.ts';
import { aGroup } from '../support/builders.ts';
import { aCalmService, connectTo, onlineAt, outcomeOf, tokenOf } from './devices.ts';
import { HostileService } from './hostile-service.ts';

const conversationId = groupConversationId('closing');

const aService = async (seed: number): Promise<HostileService> => {
  const service = new HostileService(seed);
  const { log, clock } = service.backend;
  await log.create(aGroup('ann', ['bo'], { conversationId }), clock.now());
  return service;
};

/** A user's surroundings, and how many timers run in them. */
const watched = (service: HostileService, userId: string): Environment & { timers: Set<object> } => {
  const environment = service.environment(userId);
  const timers = new Set<object>();
  const after: Environment['after'] = (ms, run) => {
    const timer = {};
    timers.add(timer);
    const cancel = environment.after(ms, () => {
      timers.delete(timer);
      run();
    });
    return () => {
      timers.delete(timer);
      cancel();
    };
  };
  return { ...environment, after, timers };
};

it('a client that is closed by whoever hears a message leaves no timer that would keep a program alive', async () => {
  const service = await aService(1);
  service.calmDown();
  const [ofAnn, ofBo] = [watched(service, 'ann'), watched(service, 'bo')];
  const [ann, bo] = [
    await connectTo(service, 'ann', { environment: ofAnn }),
    await connectTo(service, 'bo', { environment: ofBo }),
  ];
  const closed: Promise<void>[] = [];
  bo.on('message', () => closed.push(ann.close(), bo.close()));
  void ann.send({ conversationId, text: 'Hello' });
  expect(await service.time.run(60_000, () => closed.length > 0)).toBe(true);
  await Promise.all(closed);
  await service.time.run(600_000);
  expect([...ofAnn.timers, ...ofBo.timers]).toEqual([]);
});

it(
  'nor does one that is closed at any other moment, whatever the network does',
  { timeout: 60_000 },
  async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const service = await aService(seed);
      const environment = watched(service, 'ann');
      const chat = await connectTo(service, 'ann', { environment });
      const [one, two] = ['one', 'two'].map((text) =>
        chat.send({ conversationId, text }).then(
          () => 'sent',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      await service.time.run(seed * 100);
      await chat.close();
      for (const answer of await Promise.all([one, two])) expect(['sent', 'closed']).toContain(answer);
      await service.time.run(60_000);
      expect([...environment.timers], `seed ${seed}`).toEqual([]);
    }
  },
);

it('who logs out takes the token back first; a service that cannot be reached keeps nobody in', async () => {
  for (const answer of ['204', 'nothing', 'refused'] as const) {
    const service = aCalmService();
    const environment = watched(service, 'ann');
    const { fetch } = environment;
    const asked: { url: string; method: string | undefined; authorization: string | null }[] = [];
    const ofAnn = {
      ...environment,
      fetch: (url: string, init: RequestInit): Promise<Response> => {
        if (!url.endsWith('/logout')) return fetch(url, init);
        asked.push({
          url,
          method: init.method,
          authorization: new Headers(init.headers).get('authorization'),
        });
        if (answer === '204') return Promise.resolve(new Response(null, { status: 204 }));
        if (answer === 'refused') return Promise.resolve(Response.json({}, { status: 401 }));
        return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error())));
      },
    };
    const chat = await onlineAt(service, 'ann', { environment: ofAnn });
    const errors: unknown[] = [];
    chat.on('error', (error) => errors.push(error));
    const outcome = outcomeOf(chat.logOut());
    expect(await service.time.run(5000, () => outcome.value !== undefined), answer).toBe(true);
    expect([outcome.value, chat.connection, errors]).toEqual(['done', 'closed', []]);
    expect(asked).toEqual([
      { url: 'http://test/api/users/logout', method: 'POST', authorization: `Bearer ${tokenOf('ann')}` },
    ]);
    await service.time.run(60_000);
    expect([...environment.timers]).toEqual([]);
  }
});
