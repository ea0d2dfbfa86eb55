import type { MessageContent, PropertyField } from '../../codec/content.ts';
import { plain } from '../../codec/values.ts';
import type { CorrelationField, FilterDescription } from '../rules.ts';
import { toSqlValue } from './sql-value.ts';

const propertyOf: Record<CorrelationField, PropertyField> = {
  CorrelationId: 'correlationId',
  MessageId: 'messageId',
  To: 'to',
  ReplyTo: 'replyTo',
  Label: 'subject',
  SessionId: 'sessionId',
  ReplyToSessionId: 'replyToSessionId',
  ContentType: 'contentType',
};

/** Everything the filter names must be there and equal; text is compared with regard to case. */
export function correlationFilter(
  filter: Extract<FilterDescription, { kind: 'correlation' }>,
): (content: MessageContent) => boolean {
  const fields = Object.entries(filter.fields) as [CorrelationField, string][];
  const properties = [...filter.properties].map(([name, value]) => ({
    name,
    value: toSqlValue(plain(value)),
  }));
  return (content) =>
    fields.every(([field, value]) => content.property(propertyOf[field]) === value) &&
    properties.every(
      ({ name, value }) => toSqlValue(plain(content.applicationProperties.get(name))) === value,
    );
}
