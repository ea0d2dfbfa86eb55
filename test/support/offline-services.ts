import { createServices, type Services } from '../../functions/services.ts';
import { loadConfig } from '../../shared/config.ts';

/** Settings with which the app starts, though nothing that they name is there. */
export const offlineSettings: Record<string, string> = {
  ServiceBusConnection: 'Endpoint=sb://nowhere.test;SharedAccessKeyName=none;SharedAccessKey=none',
  StorageConnection: 'UseDevelopmentStorage=true',
  WebPubSubConnection: 'Endpoint=https://nowhere.test;AccessKey=bm9uZQ==',
  AUTH_SIGNING_KEY: 'k3y-of-these-tests-2b7e151628aed2a6abf7158809cf4f3c',
};

/** The app's real services; they connect to nothing until they are used. */
export const offlineServices = (settings: Record<string, string> = {}): Services =>
  createServices(loadConfig({ ...offlineSettings, ...settings }));
