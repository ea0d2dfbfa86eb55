import { app } from '@azure/functions';
import { loadConfig } from '../shared/config.ts';
import { registerCheckDelivery } from './workers/check-delivery.ts';
import { registerCheckPresence } from './workers/check-presence.ts';
import { registerDeliverMessage } from './workers/deliver-message.ts';
import { registerRunJob } from './workers/run-job.ts';
import { registerPurgeMessages } from './workers/purge-messages.ts';
import { registerSweepAttachments } from './workers/sweep-attachments.ts';
import { registerDeliverWebhooks } from './workers/deliver-webhooks.ts';
import { registerFanOutEvent } from './workers/fan-out-event.ts';
import { registerPreflight, registerRoutes } from './http/register.ts';
import { routesOf } from './routes.ts';
import { createServices } from './services.ts';

const config = loadConfig(process.env);
const services = createServices(config);

registerRoutes(routesOf(services));
registerPreflight(config.http.allowedOrigins);
registerDeliverMessage(services);
registerCheckDelivery(services);
registerCheckPresence(services);
registerRunJob(services);
registerPurgeMessages(services);
registerSweepAttachments(services);
registerFanOutEvent(services);
registerDeliverWebhooks(services);

app.hook.appStart(async () => {
  // Both before the first request, and neither needs the other.
  await Promise.all([services.telemetry.start(), services.prepare()]);
});
app.hook.appTerminate(() => services.close());
