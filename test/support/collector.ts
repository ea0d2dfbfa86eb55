import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Named {
  key: string;
  value: { stringValue?: string; intValue?: number };
}

/** A span as OTLP has it in JSON. */
export interface CollectedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Named[];
}

interface Point {
  asDouble?: number;
  asInt?: number;
  count?: number;
}

interface Metric {
  name: string;
  sum?: { dataPoints: Point[] };
  histogram?: { dataPoints: Point[] };
}

interface Sent {
  resourceSpans?: { scopeSpans: { spans: CollectedSpan[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: Metric[] }[] }[];
}

/** A small collector of OTLP over HTTP in JSON, as Jaeger and others are: it keeps all that it is sent. */
export interface Collector {
  url: string;
  /** All bodies, as they came. */
  bodies: string[];
  spans(): CollectedSpan[];
  /** What a counter says last, or how often was measured. */
  metric(name: string): number;
  stop(): Promise<void>;
}

export const startCollector = async (): Promise<Collector> => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      bodies.push(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sent = (): Sent[] => bodies.map((body) => JSON.parse(body) as Sent);
  const pointsOf = (name: string): Point[] =>
    sent()
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
      .flatMap(({ metrics }) => metrics.filter((metric) => metric.name === name).slice(-1))
      .map(({ sum, histogram }) => (sum ?? histogram)?.dataPoints.at(-1) ?? {});
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans: () =>
      sent().flatMap(({ resourceSpans = [] }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    metric: (name) => {
      const { asDouble, asInt, count } = pointsOf(name).at(-1) ?? {};
      return asDouble ?? asInt ?? count ?? 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
