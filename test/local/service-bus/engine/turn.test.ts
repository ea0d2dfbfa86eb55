import { expect, test } from 'vitest';
import { Turn } from '../../../../local/service-bus/engine/turn.ts';
import { turn as endOfTurn } from './support.ts';

test('in a turn messages are handed out, then all is committed once, and only then answered', async () => {
  const done: string[] = [];
  const turn = new Turn({ commit: () => done.push('commit'), fail: () => done.push('fail') });
  const dispatch = () => void done.push('dispatch');
  turn.afterCommit(() => done.push('first answer'));
  turn.wake(dispatch);
  turn.wake(dispatch);
  turn.afterCommit(() => done.push('second answer'));
  expect(done).toEqual([]);
  await endOfTurn();
  expect(done).toEqual(['dispatch', 'commit', 'first answer', 'second answer']);
});

test('when the commit fails nothing is answered, then or later', async () => {
  const done: string[] = [];
  const turn = new Turn({
    commit: () => {
      throw new Error('disk full');
    },
    fail: (error) => done.push(String(error)),
  });
  turn.afterCommit(() => done.push('answer'));
  await endOfTurn();
  turn.afterCommit(() => done.push('answer'));
  await endOfTurn();
  expect(done).toEqual(['Error: disk full']);
});

test('stopping commits what is open', () => {
  const done: string[] = [];
  const turn = new Turn({ commit: () => done.push('commit'), fail: () => undefined });
  turn.afterCommit(() => done.push('answer'));
  turn.stop();
  turn.stop();
  expect(done).toEqual(['commit', 'answer']);
});
