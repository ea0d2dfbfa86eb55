import { expect, test } from 'vitest';
import { traceIdOf } from '../../../shared/domain/trace.ts';

test('a trace id is read from a W3C traceparent', () => {
  expect(traceIdOf('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')).toBe(
    '0af7651916cd43dd8448eb211c80319c',
  );
});

test.each(['', '00-', 'x-y-z', `00-${'0'.repeat(200)}-b7ad6b7169203331-01`])(
  'there is none in %j, which is nobody’s trace',
  (traceparent) => {
    expect(traceIdOf(traceparent)).toBe('0'.repeat(32));
  },
);
