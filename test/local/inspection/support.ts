import { expect } from 'vitest';

/** The key of services that tests open for inspection. */
export const inspectionKey = 'a key for tests only';

/** Asks a service under inspection. */
export async function inspect<T>(url: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}/${path}`, {
    headers: { authorization: `Bearer ${inspectionKey}` },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

/** Asks again, as soon as it is answered, until the answer is as it should be. */
export async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((later) => setTimeout(later, 20));
  }
}
