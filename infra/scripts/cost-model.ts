/** What a month costs, from what each message asks of the services and the list prices. */

export interface Price {
  meter: string;
  price: number;
  unit: string;
  /** Null: from memory, to be read again. */
  source: string | null;
  date: string | null;
}

export interface PriceList {
  currency: string;
  azure: Record<string, Price>;
  included: Record<string, { count: number }>;
  others: {
    product: string;
    perThousandMessages: number | null;
    perMonth: number | null;
    source: string | null;
  }[];
}

/** Calls by name of the use case, as counted by the tests. */
export type Calls = Record<string, { tables: number; rows: number; serviceBus: number; webPubSub: number }>;

/** What is asked for. Counts are per month, shares between 0 and 1. */
export const standardUse = {
  messages: 1_000_000,
  /** Share of receivers who are online. */
  online: 0.8,
  /** Members of a conversation, the sender among them; 2: direct. */
  members: 2,
  /** Connections at once, at most. */
  connections: 800,
  /** Times that a user's first device comes and the last one goes. */
  visits: 24_000,
  /** Share of messages with an attachment, its size, and how often each is read. */
  attachments: 0.05,
  attachmentKb: 500,
  attachmentReads: 1,
  /** Executions under way at once on an instance while there is work; 1: each alone, billed for a second at least. */
  overlap: 1,
  /** Milliseconds that an execution takes. */
  ms: 60,
  memoryMb: 512,
  /** Instances of 512 MB or more kept warm. */
  alwaysReady: 0,
  /** Kilobytes of telemetry per message before sampling, and the share that is kept. */
  logKb: 8,
  sampling: 0.1,
  /** Months for which messages are kept. */
  monthsKept: 12,
  /** Messaging units of Service Bus Premium; 0: Standard. */
  premiumUnits: 0,
};

export type Use = typeof standardUse;

export interface Line {
  item: string;
  quantity: number;
  unit: string;
  dollars: number;
  /** Due whether anything is sent or not. */
  isFixed: boolean;
  isSourced: boolean;
}

const secondsPerMonth = 730 * 3600;
const daysPerMonth = 365 / 12;
/** A unit of Web PubSub is full at 80 % of its connections. */
const fullAt = 0.8;

/** What a month's use asks of each service: the calls of each use case, as often as it happens. */
export const demandOf = (use: Use, calls: Calls) => {
  const { messages, online, members, visits } = use;
  const others = members - 1;
  const isGroup = members > 2;
  const away = messages * others * (1 - online);
  const acknowledged = messages * others * online;
  const times: Record<string, number> = {
    [isGroup ? 'sending to a conversation, again and again' : 'sending to a user']: messages,
    ...(isGroup
      ? { 'delivering to a group of five who are there': messages }
      : { 'delivering to a pair who are there': messages * online, 'delivering to one who is away': away }),
    'a receipt of a message': acknowledged,
    'checking a delivery that was acknowledged': isGroup ? messages : acknowledged,
    'reading a full page of the inbox': away / 10,
    'acknowledging ten messages of the inbox': away / 10,
    'the URL to connect to': visits,
    'the first device of a user coming': visits,
    'the last device of a user going': visits,
  };
  const sum = (what: 'tables' | 'serviceBus' | 'webPubSub'): number =>
    Object.entries(times).reduce((total, [name, count]) => {
      const figures = calls[name];
      if (!figures) throw new Error(`bench/calls.json has no figures for "${name}".`);
      return total + figures[what] * count;
    }, 0);
  const executions = Object.values(times).reduce((total, count) => total + count, 0);
  // A trigger takes each message and settles it: two operations more.
  const triggered = messages + (isGroup ? messages : acknowledged);
  // One push to a group goes out to everybody who is there.
  const pushes = isGroup ? sum('webPubSub') + messages * (members * online - 1) : sum('webPubSub');
  // Events that clients send go out to the app, and its answers to the clients.
  const events = 2 * acknowledged + 3 * visits;
  return {
    executions,
    tableOperations: sum('tables') + (isGroup ? away : 0),
    serviceBusOperations: sum('serviceBus') + 2 * triggered,
    webPubSubMessages: pushes + events,
  };
};

/**
 * A month's costs, line by line.
 * @throws Error when a price or a figure is missing
 */
export const costOf = (use: Use, calls: Calls, list: PriceList): Line[] => {
  const demand = demandOf(use, calls);
  const line = (item: string, price: string, quantity: number, isFixed = false): Line => {
    const known = list.azure[price];
    if (!known) throw new Error(`infra/prices.json has no ${price}.`);
    const dollars = quantity * known.price;
    return { item, quantity, unit: known.unit, dollars, isFixed, isSourced: known.source !== null };
  };
  const included = (name: string): number => list.included[name]?.count ?? 0;
  const above = (quantity: number, free: number): number => Math.max(quantity - free, 0);

  // Billed is the time in which an instance works: what overlaps shares it; what is alone counts for a second at least.
  const seconds = use.overlap > 1 ? use.ms / 1000 / use.overlap : Math.max(use.ms / 1000, 1);
  const gb = use.memoryMb / 1024;
  const units = Math.max(Math.ceil(use.connections / included('webPubSubConnections') / fullAt), 1);
  const files = use.messages * use.attachments;
  // A message is about three rows of a kilobyte in all.
  const tableGb = (use.messages * 3 * use.monthsKept) / 1024 ** 2;
  const busDemand = above(demand.serviceBusOperations, included('serviceBusOperations'));
  return [
    line('Functions, executions', 'flexExecution', demand.executions),
    line('Functions, time', 'flexGbSecond', demand.executions * seconds * gb),
    line('Functions, kept warm', 'flexReadyGbSecond', use.alwaysReady * secondsPerMonth * gb, true),
    ...(use.premiumUnits > 0
      ? [line('Service Bus Premium', 'serviceBusPremiumUnit', use.premiumUnits, true)]
      : [
          line('Service Bus', 'serviceBusBase', 1, true),
          line('Service Bus, operations above those included', 'serviceBusOperation', busDemand),
        ]),
    line('Web PubSub, units', 'webPubSubUnit', units, true),
    line(
      'Web PubSub, messages above those included',
      'webPubSubMessage',
      above(demand.webPubSubMessages, included('webPubSubMessages') * units * daysPerMonth),
    ),
    line('Tables, operations', 'tableOperation', demand.tableOperations),
    line('Tables, data', 'tableGbMonth', tableGb),
    line('Attachments, writes', 'blobWrite', files),
    line('Attachments, reads', 'blobRead', files * use.attachmentReads),
    line('Attachments, data', 'blobGbMonth', (files * use.attachmentKb * use.monthsKept) / 1024 ** 2),
    line('Logs', 'logGb', (use.messages * use.logKb * use.sampling) / 1024 ** 2),
  ];
};
