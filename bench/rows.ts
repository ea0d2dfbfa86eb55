import type { ScenarioName } from './options.ts';

/** What a figure should be: as a ratio to the rival's, or by itself. */
interface Aim {
  readonly of: 'ratio' | 'figure';
  readonly at: 'most' | 'least';
  readonly value: number;
}

/** A line of the report. */
export interface Row {
  readonly scenario: ScenarioName;
  readonly figure: string;
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly aim?: Aim;
}

const ratioAtMost = (value: number): Aim => ({ of: 'ratio', at: 'most', value });
const ratioAtLeast = (value: number): Aim => ({ of: 'ratio', at: 'least', value });
const atMost = (value: number): Aim => ({ of: 'figure', at: 'most', value });
const atLeast = (value: number): Aim => ({ of: 'figure', at: 'least', value });

const row = (
  scenario: ScenarioName,
  figure: string,
  title: string,
  unit: string,
  digits: number,
  aim?: Aim,
): Row => ({ scenario, figure, title, unit, digits, ...(aim && { aim }) });

export const rows: readonly Row[] = [
  row('A', 'warmP50', 'A 1:1 at 50/s, warm conversations, p50', 'ms', 1, ratioAtMost(3)),
  row('A', 'warmP99', 'A 1:1 at 50/s, warm conversations, p99', 'ms', 1, ratioAtMost(4)),
  row('A', 'warmAccepted', 'A until the sender is answered, p50', 'ms', 1),
  row('A', 'coldP50', 'A 1:1 at 50/s, 2,000 conversations in turn, p50', 'ms', 1, ratioAtMost(7)),
  row('A', 'coldP99', 'A 1:1 at 50/s, 2,000 conversations in turn, p99', 'ms', 1, ratioAtMost(9)),
  row('B', 'rate', 'B 100 pairs, highest rate with p99 < 250 ms', 'messages/s', 0, ratioAtLeast(0.1)),
  row('B', 'p50', 'B at that rate, p50', 'ms', 1),
  row('B', 'p99', 'B at that rate, p99', 'ms', 1),
  row('B', 'cpu functions', 'B CPU of the app and its host per message', 'µs', 0, atMost(800)),
  row('B', 'cpu service-bus', 'B CPU of Service Bus per message', 'µs', 0),
  row('B', 'cpu web-pubsub', 'B CPU of Web PubSub per message', 'µs', 0),
  row('B', 'cpu azurite', 'B CPU of storage (Azurite) per message', 'µs', 0),
  row('B', 'cpu server', 'B CPU of the server per message', 'µs', 0),
  row('B', 'cpu redis', 'B CPU of Redis per message', 'µs', 0),
  row('B', 'cpu all', 'B CPU of all servers per message', 'µs', 0),
  row('B', 'cpu generator', 'B CPU of the load generator per message', 'µs', 0),
  row('B', 'never arrived', 'B never arrived, overload included', 'messages', 0, atMost(0)),
  row('B', 'doubled', 'B shown twice, overload included', 'messages', 0, atMost(0)),
  row('B', 'repeats', 'B pushed again to devices that had them', 'messages', 0),
  row('C', 'one', 'C group, one sender', 'deliveries/s', 0, ratioAtLeast(1.2)),
  row('C', 'oneP99', 'C one sender: from acceptance to each member, p99', 'ms', 1),
  row('C', 'oneCallP99', 'C one sender: from the call to each member, p99', 'ms', 1),
  row('C', 'ten', 'C group, ten senders', 'deliveries/s', 0, ratioAtLeast(1.2)),
  row('C', 'tenP99', 'C ten senders: from acceptance to each member, p99', 'ms', 1),
  row('C', 'tenCallP99', 'C ten senders: from the call to each member, p99', 'ms', 1),
  row('D', 'perSecond', 'D connections/s, 32 at a time', '1/s', 0, ratioAtLeast(0.6)),
  row('D', 'p50', 'D time to connect, p50', 'ms', 1),
  row('D', 'memory', 'D memory of all servers per idle connection', 'KiB', 0, ratioAtMost(0.8)),
  row('E', 'all', 'E back after 1,000 messages: connect and fetch all', 'ms', 0, ratioAtMost(2.5)),
  row('E', 'fetch', 'E of it fetching', 'ms', 0),
  row('spread', 'fewP50', 'Spread: 1:1 at 50/s, 10 conversations in turn, p50', 'ms', 1),
  row('spread', 'manyP50', 'Spread: the same, 20,000 conversations, p50', 'ms', 1),
  row('spread', 'fewCpu', 'Spread: CPU of all servers per message, 10 conversations', 'µs', 0),
  row('spread', 'manyCpu', 'Spread: the same, 20,000 conversations', 'µs', 0),
  row('lists', 'fewMs', 'Lists: 50 conversations', 'ms', 0, atMost(100)),
  row('lists', 'manyMs', 'Lists: the first 50 of many', 'ms', 0, atMost(600)),
  row('lists', 'allMs', 'Lists: all of many, in pages of 200', 'ms', 0),
  row('lists', 'firstCalls', 'Lists: the first 50 of many, the first time', 'storage calls', 0),
  row('lists', 'calls', 'Lists: the first 50 of many, again', 'storage calls', 0),
  row('lists', 'rows', 'Lists: the first 50 of many, again', 'rows', 0),
  row('lists', 'unreadMs', 'Lists: what is unread in many', 'ms', 0),
  row('lists', 'unreadCalls', 'Lists: what is unread in many', 'storage calls', 0),
  row('lists', 'unreadRows', 'Lists: what is unread in many', 'rows', 0),
  row('history', 'nearMs', 'History: a page of 100 at depth 10', 'ms', 1),
  row('history', 'deepMs', 'History: the oldest page of 100', 'ms', 1),
  row('history', 'nearCalls', 'History: a page of 100 at depth 10', 'storage calls', 0),
  row('history', 'deepCalls', 'History: the oldest page of 100', 'storage calls', 0),
  row('history', 'nearRows', 'History: a page of 100 at depth 10', 'rows', 0),
  row('history', 'deepRows', 'History: the oldest page of 100', 'rows', 0),
  row('search', 'commonFirst', 'Search: a common word, the first time', 'ms', 0),
  row('search', 'commonAgain', 'Search: a common word, again', 'ms', 0),
  row('search', 'commonCalls', 'Search: a common word, again', 'storage calls', 0),
  row('search', 'rareFirst', 'Search: a rare word, the first time', 'ms', 0),
  row('search', 'rareAgain', 'Search: a rare word, again', 'ms', 0),
  row('search', 'rareCalls', 'Search: a rare word, again', 'storage calls', 0),
  row('search', 'rareRows', 'Search: a rare word, again', 'rows', 0),
  row('catch-up', 'messagesMs', 'Catching up: half of the messages, in pages of 200', 'ms', 0),
  row('catch-up', 'pageCalls', 'Catching up: a page of messages', 'storage calls', 0),
  row('catch-up', 'pageRows', 'Catching up: a page of messages', 'rows', 0),
  row('catch-up', 'changesMs', 'Catching up: as many edits, in pages of 200', 'ms', 0),
  row('catch-up', 'changesCalls', 'Catching up: a page of edits', 'storage calls', 0),
  row('catch-up', 'changesRows', 'Catching up: a page of edits', 'rows', 0),
  row('app', 'accept', 'App: CPU of its own code to accept a message', 'µs', 0),
  row('app', 'deliver', 'App: CPU of its own code to deliver a message to a pair', 'µs', 0, atMost(500)),
  row('app', 'receipt', 'App: CPU of its own code for a receipt', 'µs', 0),
  row(
    'broker',
    'arrays',
    'Service Bus: sent, received, completed; arrays of 100',
    'messages/s',
    0,
    atLeast(5000),
  ),
  row('broker', 'singles', 'Service Bus: the same; single sends, 16 at a time', 'messages/s', 0),
  row('broker', 'oneByOne', 'Service Bus: sends awaited one by one', 'messages/s', 0),
  row('broker', 'p50', 'Service Bus: sender to consumer at 45/s, p50', 'ms', 1),
  row('broker', 'p99', 'Service Bus: sender to consumer at 45/s, p99', 'ms', 1),
  row('web-pubsub', 'p50', 'Web PubSub: sendToUser to client, p50', 'ms', 1),
  row('web-pubsub', 'p99', 'Web PubSub: sendToUser to client, p99', 'ms', 1),
  row('web-pubsub', 'deliveries', 'Web PubSub: group of 500', 'deliveries/s', 0, atLeast(90_000)),
  row('web-pubsub', 'reliableDeliveries', 'Web PubSub: group of 500, reliable clients', 'deliveries/s', 0),
  row('cold-start', 'bundleKib', 'Cold start: bundle, what is read at the start', 'KiB', 0),
  row('cold-start', 'lazyToo', 'Cold start: bundle, with what is loaded when it is used', 'KiB', 0),
  row('cold-start', 'sources', 'Cold start: files that are read without a bundle', 'files', 0),
  row('cold-start', 'sourcesKib', 'Cold start: their size', 'KiB', 0),
  row('cold-start', 'loadMs', 'Cold start: loading the app', 'ms', 0),
  row('cold-start', 'unbundledLoadMs', 'Cold start: loading it without a bundle', 'ms', 0),
  row('cold-start', 'loadCpuMs', 'Cold start: loading the app, CPU', 'ms', 0),
  row('cold-start', 'unbundledLoadCpuMs', 'Cold start: loading it without a bundle, CPU', 'ms', 0),
  row('cold-start', 'firstMs', 'Cold start: from the host’s start to the first answer', 'ms', 0),
  row('cold-start', 'unbundledFirstMs', 'Cold start: the same without a bundle', 'ms', 0),
  row('cold-start', 'telemetryFirstMs', 'Cold start: the same, bundled, with Application Insights', 'ms', 0),
];
