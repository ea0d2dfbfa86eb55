import { app } from '@azure/functions';
import { loadConfig } from '../shared/config.ts';
import { registerAcknowledgeInbox } from './acknowledge-inbox.ts';
import { registerCheckDelivery } from './check-delivery.ts';
import { registerCheckPresence } from './check-presence.ts';
import { registerCreateConversation } from './create-conversation.ts';
import { registerDeliverMessage } from './deliver-message.ts';
import { registerGetAttachment } from './get-attachment.ts';
import { registerGetConversation } from './get-conversation.ts';
import { registerGetOwnAccount } from './get-own-account.ts';
import { registerHealth } from './health.ts';
import { registerListMessages } from './list-messages.ts';
import { registerLogIn } from './log-in.ts';
import { registerNegotiate } from './negotiate.ts';
import { registerReadInbox } from './read-inbox.ts';
import { registerRegisterUser } from './register-user.ts';
import { registerSendMessage } from './send-message.ts';
import { registerSendToConversation } from './send-to-conversation.ts';
import { createServices } from './services.ts';
import { startTelemetry } from './telemetry.ts';
import { registerWebPubSubEvents } from './web-pubsub-events.ts';

const config = loadConfig(process.env);
const services = createServices(config);

registerRegisterUser(services);
registerLogIn(services);
registerGetOwnAccount(services);
registerSendMessage(services);
registerSendToConversation(services);
registerCreateConversation(services);
registerGetConversation(services);
registerListMessages(services);
registerReadInbox(services);
registerAcknowledgeInbox(services);
registerGetAttachment(services);
registerNegotiate(services);
registerWebPubSubEvents(services);
registerDeliverMessage(services);
registerCheckDelivery(services);
registerCheckPresence(services);
registerHealth(services);

app.hook.appStart(async () => {
  await startTelemetry(config.applicationInsights);
  await services.prepare();
});
app.hook.appTerminate(() => services.close());
