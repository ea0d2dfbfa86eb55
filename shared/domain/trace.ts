const none = '0'.repeat(32);

/** The trace id in a W3C traceparent (`version-traceId-parentId-flags`); all zeros, which names no trace, if there is none. */
export const traceIdOf = (traceparent: string): string =>
  /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] ?? none;
