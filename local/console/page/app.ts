/** The developer's console. All that it shows was written by others, so it is put into the page as text only. */

type Row = Record<string, unknown>;
type Child = Node | string;

interface List {
  items: Row[];
  continuation?: string;
  total?: number;
}

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`There is no #${id}.`);
  return found;
};

const text = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

function el(name: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function say(message: string, isBad = false): void {
  const status = byId('status');
  status.textContent = message;
  status.className = isBad ? 'bad' : '';
}

async function ask<T = List>(path: string, body?: object): Promise<T> {
  const change = { method: 'POST', headers: { 'x-console': '1' }, body: JSON.stringify(body) };
  const response = await fetch(`/dev/api/${path}`, body === undefined ? {} : change);
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `${response.status}`);
  return answer;
}

const query = (values: Record<string, unknown>): string => {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([name, value]) => [name, text(value)])).toString();
};

/** A place in the console, as the part of the address behind `#`. */
const place = (view: string, values: Record<string, unknown> = {}): string => `#${view}?${query(values)}`;

const link = (label: unknown, to: string): HTMLElement => el('a', { href: to }, text(label));

function button(label: string, action: () => Promise<unknown>): HTMLElement {
  const made = el('button', { type: 'button' }, label);
  made.addEventListener('click', () => {
    made.setAttribute('disabled', '');
    action()
      .then(() => {
        say(`${label}: done`);
        return show();
      })
      .catch((error: unknown) => say(`${label}: ${String(error)}`, true))
      .finally(() => made.removeAttribute('disabled'));
  });
  return made;
}

type Column = [title: string, cell: (row: Row) => Child, isLong?: boolean];

const column = (title: string, name: string, isLong = false): Column => [
  title,
  (row) => text(row[name]),
  isLong,
];

const time = (title: string, name: string): Column => [
  title,
  (row) => el('span', { class: 'code', title: text(row[name]) }, text(row[name]).slice(11, 23)),
];

const trace: Column = [
  'Trace',
  ({ traceId, correlationId }) => {
    const id = text(traceId ?? correlationId);
    return id === '' ? '' : link(`${id.slice(0, 8)}…`, place('way', { traceId: id }));
  },
];

function table(caption: string, columns: Column[], rows: Row[]): HTMLElement {
  const head = el('tr', {}, ...columns.map(([title]) => el('th', { scope: 'col' }, title)));
  const body = rows.map((row) =>
    el(
      'tr',
      {},
      ...columns.map(([, cell, isLong]) => el('td', isLong === true ? { class: 'long' } : {}, cell(row))),
    ),
  );
  const grid = el('table', {}, el('thead', {}, head), el('tbody', {}, ...body));
  grid.setAttribute('aria-label', caption);
  const empty = rows.length === 0 ? [el('p', { class: 'quiet' }, 'Nothing here.')] : [];
  const scroll = { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: '0' };
  return el('section', {}, el('h2', {}, caption), el('div', scroll, grid), ...empty);
}

/** A form whose fields become the place to go to. */
function search(
  view: string,
  fixed: Row,
  fields: Record<string, string>,
  values: URLSearchParams,
  go: string,
): HTMLElement {
  const inputs = Object.entries(fields).map(([name, label]) =>
    el(
      'label',
      {},
      label,
      el('input', { name, size: '44', value: values.get(name) ?? '', autocomplete: 'off' }),
    ),
  );
  const form = el('form', {}, ...inputs, el('button', { type: 'submit' }, go)) as HTMLFormElement;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = place(view, { ...fixed, ...Object.fromEntries(new FormData(form)) });
  });
  return form;
}

const outcome: Column = [
  'Outcome',
  (row) => {
    const status = text(row.httpStatus ?? row.outcome);
    const isBad = row.outcome === 'failed' || Number(row.httpStatus) >= 500;
    return el('span', isBad ? { class: 'bad' } : {}, status);
  },
];

const ms: Column = ['ms', ({ ms: value }) => (typeof value === 'number' ? value.toFixed(1) : '')];

const invocationColumns: Column[] = [
  time('Started', 'startedAt'),
  ['Function', (row) => link(row.functionName, place('invocation', { id: row.id }))],
  outcome,
  ms,
  ['For', ({ request, message }) => text(request ?? (message as Row | undefined)?.entity)],
  ['Delivery', ({ message }) => text((message as Row | undefined)?.deliveryCount)],
  trace,
];

const more = (list: List, view: string, values: Row): Child[] =>
  list.continuation === undefined
    ? []
    : [link('Next page', place(view, { ...values, continuation: list.continuation }))];

type View = (values: URLSearchParams) => Promise<Child[]>;

const views: Record<string, { title?: string; live?: string; everyMs?: number; show: View }> = {
  functions: {
    title: 'Functions',
    live: 'invocations',
    show: async () => {
      const [functions, invocations] = await Promise.all([ask('functions'), ask('invocations?limit=50')]);
      const pause = ({ name, isPaused, canPause }: Row): Child => {
        if (canPause !== true) return '';
        const verb = isPaused === true ? 'resume' : 'pause';
        const made = button(isPaused === true ? 'Resume' : 'Pause', () => ask(`functions/${verb}`, { name }));
        made.setAttribute('aria-label', `${isPaused === true ? 'Resume' : 'Pause'} ${text(name)}`);
        return made;
      };
      const columns: Column[] = [
        ['Function', ({ name }) => link(name, place('invocations', { function: name }))],
        column('Trigger', 'type'),
        column('Source', 'source'),
        column('Running', 'running'),
        column('Succeeded', 'succeeded'),
        ['Failed', ({ failed }) => el('span', Number(failed) > 0 ? { class: 'bad' } : {}, text(failed))],
        ['Action', pause],
      ];
      return [
        table('Latest invocations', invocationColumns, invocations.items),
        table('Functions', columns, functions.items),
      ];
    },
  },
  invocations: {
    live: 'invocations',
    show: async (values) => {
      const { items } = await ask(`invocations?${values.toString()}`);
      return [table(`Invocations ${values.get('function') ?? ''}`, invocationColumns, items)];
    },
  },
  invocation: {
    live: 'invocations',
    show: async (values) => {
      const one = await ask<Row & { lines: Row[]; calls: Row[] }>(`invocations/one?${values.toString()}`);
      const error =
        one.error === undefined ? [] : [el('h2', {}, 'Error'), el('pre', { tabindex: '0' }, text(one.error))];
      return [
        table('Invocation', invocationColumns, [one]),
        ...error,
        table(
          'Log',
          [time('At', 'at'), column('Level', 'level'), column('Line', 'message', true)],
          one.lines,
        ),
        table(
          'Requests that it made',
          [
            time('At', 'at'),
            column('Method', 'method'),
            column('To', 'target', true),
            column('Status', 'status'),
            ms,
          ],
          one.calls,
        ),
      ];
    },
  },
  queues: {
    title: 'Queues',
    everyMs: 2000,
    show: async () => {
      const { items } = await ask('entities');
      const count = (title: string, name: string, dead: boolean): Column => [
        title,
        (row) => (row[name] === 0 ? '0' : link(row[name], place('messages', { path: row.path, dead }))),
      ];
      const columns: Column[] = [
        ['Entity', ({ path }) => link(path, place('messages', { path }))],
        column('Kind', 'kind'),
        count('Waiting', 'active', false),
        count('Scheduled', 'scheduled', false),
        count('Dead letters', 'deadLetters', true),
      ];
      return [table('Queues and subscriptions', columns, items)];
    },
  },
  messages: {
    show: async (values) => {
      const path = values.get('path') ?? '';
      const dead = values.get('dead') === 'true';
      const { items } = await ask(`messages?${values.toString()}`);
      const content = ({ sequenceNumber }: Row): Child =>
        link('Content', place('message', { path, dead, sequenceNumber }));
      const again = ({ sequenceNumber }: Row): Child =>
        button('Resubmit', () => ask('messages/resubmit', { path, sequenceNumber }));
      const deadColumns: Column[] = [
        column('Reason', 'deadLetterReason'),
        column('Description', 'deadLetterDescription', true),
        ['Action', again],
      ];
      const columns: Column[] = [
        column('Number', 'sequenceNumber'),
        time('Enqueued', 'enqueuedAt'),
        column('Message', 'messageId'),
        column('Session', 'sessionId'),
        column('Deliveries', 'deliveryCount'),
        column('State', 'state'),
        trace,
        ['Content', content],
        ...(dead ? deadColumns : []),
      ];
      const other = link(
        dead ? 'Waiting messages' : 'Dead letters',
        place('messages', { path, dead: !dead }),
      );
      return [
        table(dead ? `Dead letters of ${path}` : `Messages in ${path}`, columns, items),
        el('p', {}, other),
      ];
    },
  },
  message: {
    show: async (values) => {
      const one = await ask<Row>(`messages/one?${values.toString()}`);
      const { body, ...facts } = one;
      return [
        el('h2', {}, `Message ${text(one.sequenceNumber)}`),
        el('pre', { tabindex: '0' }, JSON.stringify(facts, undefined, 2)),
        el('pre', { tabindex: '0' }, text(body)),
      ];
    },
  },
  connections: {
    title: 'Connections',
    live: 'traffic',
    show: async () => {
      const [connections, traffic] = await Promise.all([ask('connections'), ask('traffic')]);
      const end = ({ hub, connectionId, userId }: Row, how: string, label: string): Child => {
        const made = button(label, () => ask('connections/end', { hub, connectionId, how }));
        made.setAttribute('aria-label', `${label} ${text(userId ?? connectionId)}`);
        return made;
      };
      const columns: Column[] = [
        ['Connection', ({ connectionId }) => el('span', { class: 'code' }, text(connectionId))],
        column('Hub', 'hub'),
        column('User', 'userId'),
        ['Socket', ({ isConnected }) => (isConnected === true ? 'open' : 'awaited')],
        ['Groups', ({ groups }) => (groups as string[]).join(', '), true],
        ['As a network', (row) => end(row, 'drop', 'Drop')],
        ['For good', (row) => end(row, 'close', 'Close')],
      ];
      const groups = new Map<string, number>();
      for (const row of connections.items)
        for (const group of row.groups as string[]) groups.set(group, (groups.get(group) ?? 0) + 1);
      const groupRows = [...groups].map(([group, count]) => ({ group, count }));
      const content = ({ number, bytes }: Row): Child =>
        bytes === undefined ? '' : link('Content', place('content', { number }));
      const trafficColumns: Column[] = [
        time('At', 'at'),
        column('What', 'kind'),
        column('Detail', 'what', true),
        column('User', 'userId'),
        column('Status', 'status'),
        column('Reached', 'receivers'),
        column('Bytes', 'bytes'),
        trace,
        ['Content', content],
      ];
      return [
        table(`Connections (${connections.total ?? 0})`, columns, connections.items),
        table('Traffic', trafficColumns, traffic.items),
        table('Groups', [column('Group', 'group', true), column('Connections', 'count')], groupRows),
      ];
    },
  },
  content: {
    show: async (values) => {
      const { content } = await ask<{ content: string }>(`traffic/content?${values.toString()}`);
      return [el('h2', {}, 'Content'), el('pre', { tabindex: '0' }, content)];
    },
  },
  way: {
    title: 'Way of a message',
    live: 'invocations',
    show: async (values) => {
      const form = search('way', {}, { traceId: 'Trace id or correlation id' }, values, 'Find');
      if ((values.get('traceId') ?? '') === '') return [form];
      const { items } = await ask(`way?${values.toString()}`);
      const what = ({ what: name, invocationId }: Row): Child =>
        invocationId === undefined ? text(name) : link(name, place('invocation', { id: invocationId }));
      const kind = ({ kind: name, failed }: Row): Child =>
        el('span', failed === true ? { class: 'bad' } : {}, text(name));
      const columns: Column[] = [
        time('At', 'at'),
        ['Station', kind],
        ['What', what],
        column('Detail', 'detail', true),
        ms,
      ];
      return [form, table('Way', columns, items)];
    },
  },
  storage: {
    title: 'Storage',
    live: 'faults',
    show: async () => {
      const [tables, containers, faults] = await Promise.all([
        ask<{ items: string[] }>('tables'),
        ask<{ items: string[] }>('containers'),
        ask<{ fault?: Row; failures: Row[] }>('faults'),
      ]);
      const names = (items: string[]): Row[] => items.map((name) => ({ name }));
      const { count, status, service = 'all' } = faults.fault ?? {};
      const now =
        faults.fault === undefined
          ? 'No request will fail.'
          : `The next ${text(count)} (${text(service)}) will fail: ${text(status)}.`;
      return [
        el('h2', {}, 'Make requests fail'),
        faultForm(),
        el('p', {}, now),
        table(
          'Tables',
          [['Table', ({ name }) => link(name, place('rows', { table: name }))]],
          names(tables.items),
        ),
        table(
          'Containers',
          [['Container', ({ name }) => link(name, place('blobs', { container: name }))]],
          names(containers.items),
        ),
        table(
          'Failed on demand',
          [
            time('At', 'at'),
            column('Method', 'method'),
            column('Path', 'path', true),
            column('Status', 'status'),
          ],
          faults.failures,
        ),
      ];
    },
  },
  rows: {
    show: async (values) => {
      const name = values.get('table') ?? '';
      const list = await ask(`rows?${values.toString()}`);
      const filter = { filter: "OData filter, like PartitionKey eq 'a' and RowKey ge 'msg|'" };
      const columns = [...new Set(list.items.flatMap((row) => Object.keys(row)))]
        .filter((each) => each !== 'etag')
        .map((each): Column => [each, (row) => text(row[each]).slice(0, 300)]);
      return [
        search('rows', { table: name }, filter, values, 'Query'),
        table(`Table ${name}`, columns, list.items),
        ...more(list, 'rows', { table: name, filter: values.get('filter') }),
      ];
    },
  },
  blobs: {
    show: async (values) => {
      const container = values.get('container') ?? '';
      const list = await ask(`blobs?${values.toString()}`);
      const columns: Column[] = [
        ['Blob', ({ name }) => link(name, place('blob', { container, name })), true],
        column('Bytes', 'size'),
        column('Type', 'contentType'),
        time('Changed', 'changedAt'),
      ];
      return [table(`Container ${container}`, columns, list.items), ...more(list, 'blobs', { container })];
    },
  },
  blob: {
    show: async (values) => {
      const { text: content } = await ask<{ text: string }>(`blob?${values.toString()}`);
      return [el('h2', {}, values.get('name') ?? ''), el('pre', { tabindex: '0' }, content)];
    },
  },
};

function faultForm(): HTMLElement {
  const option = (value: string, label: string): HTMLElement => el('option', { value }, label);
  const statuses = ['503', '500', '429', '412', '409', '404', '403'].map((status) => option(status, status));
  const count = el('input', {
    name: 'count',
    type: 'number',
    min: '0',
    max: '100000',
    value: '1',
    size: '6',
  });
  const status = el('select', { name: 'status' }, ...statuses, option('0', 'cut the connection'));
  const service = el(
    'select',
    { name: 'service' },
    option('', 'all'),
    option('table', 'tables'),
    option('blob', 'blobs'),
  );
  const form = el(
    'form',
    {},
    el('label', {}, 'How many', count),
    el('label', {}, 'Answer', status),
    el('label', {}, 'Of', service),
  ) as HTMLFormElement;
  const values = (): Record<string, unknown> => {
    const given = new FormData(form);
    const of = given.get('service');
    const amounts = { count: Number(given.get('count')), status: Number(given.get('status')) };
    return of === '' ? amounts : { ...amounts, service: of };
  };
  form.append(button('Fail the next', () => ask('faults', values())));
  form.append(button('None any more', () => ask('faults', { count: 0 })));
  form.addEventListener('submit', (event) => event.preventDefault());
  return form;
}

function here(): { name: string; values: URLSearchParams } {
  const [name = '', values = ''] = location.hash.slice(1).split('?');
  return { name: Object.hasOwn(views, name) ? name : 'functions', values: new URLSearchParams(values) };
}

let shown = '';
let isShowing = false;
let isStale = false;

/** Shows where we are; once more afterwards if something changed meanwhile. */
async function show(): Promise<void> {
  if (isShowing) {
    isStale = true;
    return;
  }
  isShowing = true;
  const { name, values } = here();
  const { hash } = location; // it may be another when the answer is here
  const isNew = shown !== hash;
  try {
    const children = (await views[name]?.show(values)) ?? [];
    replace(children, isNew);
    if (isNew) {
      byId('main').focus({ preventScroll: true });
      window.scrollTo(0, 0); // the way to the other views stays in sight
    }
  } catch (error) {
    if (isNew) replace([], isNew);
    say(String(error), true);
  }
  if (isNew) tellPlace(name);
  shown = hash;
  isShowing = false;
  if (isStale) {
    isStale = false;
    await show();
  }
}

/** Keeps what a person is typing, and where the keyboard is. */
function replace(children: Child[], isNew: boolean): void {
  const main = byId('main');
  const isSame = !isNew;
  const focusable = 'a, button, input, select, [tabindex]';
  const before = isSame
    ? [...main.querySelectorAll<HTMLElement>(focusable)].indexOf(document.activeElement as HTMLElement)
    : -1;
  const active = document.activeElement;
  const label = active?.getAttribute('aria-label') ?? active?.getAttribute('href') ?? '';
  const typed = isSame
    ? [...main.querySelectorAll<HTMLInputElement>('input, select')].map(({ value }) => value)
    : [];
  main.replaceChildren(...children);
  main
    .querySelectorAll<HTMLInputElement>('input, select')
    .forEach((field, n) => (field.value = typed[n] ?? field.value));
  if (before < 0) return;
  const all = [...main.querySelectorAll<HTMLElement>(focusable)];
  const same = all.find(
    (each) => label !== '' && (each.getAttribute('aria-label') ?? each.getAttribute('href')) === label,
  );
  (same ?? all[before])?.focus({ preventScroll: true });
}

function tellPlace(name: string): void {
  say('');
  document.title = `${views[name]?.title ?? name} · Local stack`;
  for (const each of byId('views').querySelectorAll('a')) {
    if (each.hash === `#${name}?`) each.setAttribute('aria-current', 'page');
    else each.removeAttribute('aria-current');
  }
}

for (const [name, { title }] of Object.entries(views))
  if (title !== undefined) byId('views').append(link(title, place(name)));
window.addEventListener('hashchange', () => void show());
document.addEventListener('visibilitychange', () => void (document.hidden || show()));

const changes = new EventSource('/dev/api/live');
changes.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const { changed } = JSON.parse(data) as { changed: string };
  if (!document.hidden && views[here().name]?.live === changed) void show();
});
setInterval(() => {
  if (!document.hidden && views[here().name]?.everyMs !== undefined) void show();
}, 2000);
void show();
