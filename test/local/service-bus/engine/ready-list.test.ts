import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BrokerMessage } from '../../../../local/service-bus/engine/message.ts';
import { ReadyList } from '../../../../local/service-bus/engine/ready-list.ts';
import { aMessage } from './support.ts';

const content = aMessage();
const messageNumber = (sequenceNumber: number): BrokerMessage => ({
  sequenceNumber,
  enqueuedSequenceNumber: sequenceNumber,
  enqueuedAt: 0,
  deliveryCount: 0,
  state: 'active',
  content,
});

/** `add` is a new message, `shift` takes the first, `back` returns the one taken last, `remove` one in the list. */
const steps = fc.array(fc.constantFrom('add', 'shift', 'back', 'remove'), { maxLength: 200 });

test('whatever is added, taken, returned and removed, the first is always the oldest', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (todo, random) => {
      const list = new ReadyList();
      let model: BrokerMessage[] = [];
      const taken: BrokerMessage[] = [];
      let last = 0;
      for (const step of todo) {
        if (step === 'add') {
          const message = messageNumber(++last);
          list.add(message);
          model.push(message);
        } else if (step === 'shift') {
          const message = list.shift();
          expect(message).toBe(model.shift());
          if (message) taken.push(message);
        } else if (step === 'back') {
          const message = taken.pop();
          if (!message) continue;
          list.add(message);
          model = [...model, message].sort((a, b) => a.sequenceNumber - b.sequenceNumber);
        } else {
          const { value: at } = random.next() as { value: number };
          const message = model[at % Math.max(model.length, 1)];
          if (!message) continue;
          list.remove(message);
          model = model.filter((other) => other !== message);
        }
        expect(list.size).toBe(model.length);
      }
    }),
  );
});
