/** Subprotocol names, as offered in `Sec-WebSocket-Protocol`. */
export const JSON_SUBPROTOCOL = 'json.webpubsub.azure.v1';
export const RELIABLE_JSON_SUBPROTOCOL = 'json.reliable.webpubsub.azure.v1';

const HUB_NAME = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;
const EVENT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const MAX_GROUP_NAME_LENGTH = 1024;

/** Hub names begin with a letter and have up to 128 letters, digits and `` _ ` , . [ ] ``. */
export const isHubName = (name: string): boolean => HUB_NAME.test(name);

/** Event names begin with a letter and have up to 128 letters, digits and `_ . -`. */
export const isEventName = (name: string): boolean => EVENT_NAME.test(name);

/** Group names have 1 to 1,024 characters, not all of them blank. */
export const isGroupName = (name: string): boolean =>
  name.length <= MAX_GROUP_NAME_LENGTH && name.trim() !== '';
