import { addFaults, type Faults } from '../ledger.ts';
import { GroupLedger } from '../group-ledger.ts';
import { cpuBetween, type CpuUse } from '../process-meter.ts';
import { type Summary, summarize } from '../statistics.ts';
import type { ChatUser } from '../system.ts';
import { inParallel } from './lanes.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** Messages that may be on their way at a time: enough to keep a system busy, too few to make long queues. */
const onTheWay = 16;
const warmUpSeconds = 2;
const drainMs = 10_000;
const atOnce = 16;

interface GroupResult {
  readonly deliveriesPerSecond: number;
  readonly messagesPerSecond: number;
  readonly fromAcceptance: Summary;
  readonly fromCall: Summary;
  readonly faults: Faults;
  readonly cpu: CpuUse;
}

interface Group {
  readonly id: string;
  readonly members: readonly ChatUser[];
  /** The ledger to which all that comes is told. */
  ledger: GroupLedger;
}

const gatherGroup = async ({ system, mark, members: count }: ScenarioContext): Promise<Group> => {
  const [owner = '', ...others] = Array.from({ length: count }, (_, index) => `${mark}c${index}`);
  const id = await system.createGroup(owner, others);
  const listener: { ledger: GroupLedger } = { ledger: new GroupLedger(`${mark}c`, count) };
  const members = await inParallel(count, atOnce, (index) =>
    system.connect(index === 0 ? owner : (others[index - 1] ?? ''), (text) =>
      listener.ledger.arrive(index, text, performance.now()),
    ),
  );
  return Object.assign(listener, { id, members });
};

/** Each sender sends its next message when the last one was accepted and few enough are on their way. */
const sendUntil = async (group: Group, senders: number, end: number): Promise<void> => {
  const { id, members, ledger } = group;
  const send = async (sender: number): Promise<void> => {
    while (performance.now() < end && (await ledger.room(onTheWay, drainMs))) {
      const { number, text } = ledger.expect(sender, performance.now());
      await members[sender]?.sendToGroup(id, text);
      ledger.accept(number, performance.now());
    }
  };
  await Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
};

const measure = async (
  { meter, seconds, mark }: ScenarioContext,
  group: Group,
  senders: number,
): Promise<GroupResult> => {
  const ledger = new GroupLedger(`${mark}c${senders}`, group.members.length);
  group.ledger = ledger;
  await sendUntil(group, senders, performance.now() + warmUpSeconds * 1000);
  await ledger.room(1, drainMs);
  const [first, arrivedBefore, before] = [ledger.sent, ledger.arrived, meter.cpu()];
  await sendUntil(group, senders, before.at + seconds * 1000);
  await ledger.room(1, drainMs);
  const cpu = cpuBetween(before, meter.cpu());
  const elapsed = (ledger.lastArrivalAt - before.at) / 1000;
  const { fromAcceptance, fromCall } = ledger.times(first);
  return {
    deliveriesPerSecond: (ledger.arrived - arrivedBefore) / elapsed,
    messagesPerSecond: (ledger.sent - first) / elapsed,
    fromAcceptance: summarize(fromAcceptance),
    fromCall: summarize(fromCall),
    faults: ledger.faults(),
    cpu,
  };
};

/**
 * C: a group whose members are all online. How many deliveries a second one sender and ten cause, as fast as the system
 * takes it, and how long a message then takes to each member's socket from the time its sender knows that it is kept.
 */
export const group: Scenario = async (context) => {
  const gathered = await gatherGroup(context);
  const results = { one: await measure(context, gathered, 1), ten: await measure(context, gathered, 10) };
  const { one, ten } = results;
  await inParallel(gathered.members.length, atOnce, async (index) => gathered.members[index]?.close());
  return {
    figures: {
      one: one.deliveriesPerSecond,
      oneP99: one.fromAcceptance.p99,
      oneCallP99: one.fromCall.p99,
      ten: ten.deliveriesPerSecond,
      tenP99: ten.fromAcceptance.p99,
      tenCallP99: ten.fromCall.p99,
    },
    faults: addFaults(one.faults, ten.faults),
    otherPercent: Math.max(one.cpu.otherPercent, ten.cpu.otherPercent),
    details: { members: gathered.members.length, ...results },
  };
};
