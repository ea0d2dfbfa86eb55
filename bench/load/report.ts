import { failures, type KindSummary } from './tally.ts';
import type { Measured } from './steady.ts';
import type { Minute, Soak } from './soak.ts';
import type { Storm } from './storm.ts';
import type { Settled } from './settle.ts';
import type { Requests } from './requests.ts';
import type { Role } from './sample.ts';
import { type Finding, leastJudgedMinutes } from './verdict.ts';
import type { Summary } from '../statistics.ts';

const show = (value: number | undefined, digits = 0): string =>
  value === undefined || Number.isNaN(value)
    ? '–'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The first column holds words, the others figures. */
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n');

const answersText = (answers: Readonly<Record<string, number>>): string =>
  Object.entries(answers)
    .map(([answer, count]) => `${show(count)} × ${answer}`)
    .join(', ');

const timesOf = ({ p50, p95, p99, max }: Summary): string[] => [p50, p95, p99, max].map((ms) => show(ms, 1));

const kindsTable = (kinds: readonly KindSummary[], seconds: number): string =>
  tableOf(
    ['', 'a second', 'p50 ms', 'p95', 'p99', 'max', 'answers'],
    kinds.map((kind) => [
      kind.kind,
      show(kind.count / seconds, 1),
      ...timesOf(kind),
      answersText(kind.answers),
    ]),
  );

const messagesOf = (kinds: readonly KindSummary[]): number =>
  kinds.find(({ kind }) => kind === 'send')?.answers['202'] ?? 0;

const requestsText = (requests: Requests, per: number, what: string): string =>
  Object.entries(requests)
    .map(([service, count]) => `${service === 'rest' ? 'Web PubSub' : service} ${show(count / per, 1)}`)
    .join(', ') + ` requests for each ${what}`;

const serversTable = ({ cpu, memoryKiB, kinds }: Measured): string => {
  const messages = messagesOf(kinds);
  const row = (role: string, ms: number, kiB: number): string[] => [
    role,
    show((ms / cpu.elapsedMs) * 100),
    show(ms / messages, 1),
    show(kiB / 1024),
  ];
  return tableOf(
    ['', 'CPU, % of a core', 'ms of CPU for each message and all that goes with it', 'RSS, MiB'],
    [
      ...Object.entries(cpu.rolesMs).map(([role, ms]) => row(role, ms, memoryKiB[role] ?? 0)),
      row('the load itself', cpu.generatorMs, process.memoryUsage.rss() / 1024),
    ],
  );
};

export const measuredText = (measured: Measured, isCounted: boolean): string => {
  const { kinds, seconds, driven, cpu, requests } = measured;
  const { answers, failed, refused } = failures(kinds);
  return [
    kindsTable(kinds, seconds),
    '',
    serversTable(measured),
    '',
    `- ${show(driven.begun)} deeds in ${show(seconds)} s, ${show(driven.leftOut)} left out; ${show(failed)} of ${show(answers)} answers were 5xx or none, ${show(refused)} of them or of the others 429 or 503`,
    `- the generator was at most ${show(driven.lagMs)} ms behind; others used ${show(cpu.otherPercent)} % of a core`,
    ...(isCounted
      ? [`- ${requestsText(requests, Math.max(1, messagesOf(kinds)), 'message and all that goes with it')}`]
      : []),
  ].join('\n');
};

const kindOf = (kinds: readonly KindSummary[], name: string): KindSummary | undefined =>
  kinds.find(({ kind }) => kind === name);

export const stepText = ({ rate, kinds, seconds, driven, cpu }: Measured, isHeld: boolean): string => {
  const { answers, failed, refused } = failures(kinds);
  const [send, delivery] = [kindOf(kinds, 'send'), kindOf(kinds, 'delivery')];
  return line([
    show(rate, 1),
    show(messagesOf(kinds) / seconds, 1),
    show(driven.begun / seconds),
    ...[send?.p50, send?.p99, delivery?.p50, delivery?.p99].map((ms) => show(ms)),
    `${failed} / ${refused} / ${answers}`,
    `${driven.leftOut}`,
    Object.values(cpu.rolesMs)
      .map((ms) => show((ms / cpu.elapsedMs) * 100))
      .join(' / '),
    show(cpu.otherPercent),
    isHeld ? 'held' : 'broken',
  ]);
};

export const stepHead = [
  line([
    ...['messages/s', 'accepted/s', 'deeds/s', 'send p50', 'p99', 'delivery p50', 'p99'],
    ...[
      '5xx / refused / all',
      'left out',
      'CPU % app / broker / sockets / storage',
      'others, % of a core',
      '',
    ],
  ]),
  `|${'--:|'.repeat(11)}---|`,
].join('\n');

export const stormText = ({ connecting, quiet, underLoad }: Storm, sockets: number): string =>
  [
    tableOf(
      [`${show(sockets)} sockets`, 'a second', 'p50 ms', 'p95', 'p99', 'max', 'requests for each'],
      [
        [
          'connect, 32 at a time',
          show(connecting.perSecond),
          ...timesOf(connecting.ms),
          requestsText(connecting.requests, sockets, 'socket'),
        ],
        [
          'storm: until back',
          show(quiet.perSecond),
          ...timesOf(quiet.ms),
          requestsText(quiet.requests, sockets, 'socket'),
        ],
        ['storm under load', '', ...timesOf(underLoad), ''],
      ],
    ),
  ].join('\n');

const judged: readonly Role[] = ['functions', 'service-bus', 'web-pubsub', 'azurite', 'load'];

const memoryCells = (servers: Minute['servers']): string[] =>
  judged.map((role) => {
    const state = servers[role];
    return `${show(state?.rss)} / ${show(state?.heap, 1)} / ${show(state?.files)}`;
  });

export const minuteText = ({
  minute,
  messages,
  answers,
  failed,
  refused,
  kinds,
  queued,
  servers,
  fault,
}: Minute): string => {
  const [send, delivery] = [kindOf(kinds, 'send'), kindOf(kinds, 'delivery')];
  return line([
    `${minute}`,
    show(messages),
    show(answers),
    `${failed} / ${refused}`,
    `${show(send?.p50)} / ${show(send?.p99)}`,
    `${show(delivery?.p50)} / ${show(delivery?.p99)}`,
    `${queued.active} / ${queued.scheduled} / ${queued.deadLetters}`,
    ...memoryCells(servers),
    show(servers['web-pubsub']?.sockets),
    fault ?? '',
  ]);
};

export const minuteHead = [
  line([
    ...['minute', 'messages', 'answers', '5xx / refused', 'send p50 / p99 ms', 'delivery p50 / p99 ms'],
    'queued / scheduled / dead',
    ...judged.map((role) => `${role}: RSS / live heap MiB / files`),
    ...['sockets of Web PubSub', 'fault'],
  ]),
  `|${'--:|'.repeat(13)}---|`,
].join('\n');

export const soakText = ({ driven, rows, minutes }: Soak, found: readonly Finding[]): string => {
  const verdict = ({ isFlat }: Finding): string =>
    isFlat === undefined
      ? 'stores'
      : minutes.length < leastJudgedMinutes
        ? 'too short'
        : isFlat
          ? 'flat'
          : 'GROWS';
  const stored = Object.entries(rows.after).map(
    ([name, count]) => `${name} ${show(count - (rows.before[name] ?? 0))}`,
  );
  return [
    tableOf(
      ['after the first third', 'figure', 'median', 'by the hour', 'verdict'],
      found.map((one) => [one.role, one.figure, show(one.level, 1), show(one.perHour, 1), verdict(one)]),
    ),
    '',
    `- rows stored: ${stored.join(', ')}`,
    `- ${show(driven.begun)} deeds, ${show(driven.leftOut)} left out; the generator was at most ${show(driven.lagMs)} ms behind`,
  ].join('\n');
};

const mostShown = 20;

export const promisesText = ({ accepted, convergedMs, violations }: Settled, givenUp: number): string =>
  [
    `- ${show(accepted)} messages accepted, ${givenUp} given up by their senders; everybody had everything ${show(convergedMs / 1000, 1)} s after the end; broken promises: ${violations.length}`,
    ...violations.slice(0, mostShown).map(({ promise, words }) => `  - ${promise}: ${words}`),
  ].join('\n');
