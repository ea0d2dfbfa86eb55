import { Socket } from 'node:net';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sendWithoutDelay } from '../../../functions/clients/no-delay.ts';
import { startServiceBus } from '../../../local/service-bus/index.ts';

test('the SDK’s connections to Service Bus send without delay', async () => {
  const broker = await startServiceBus({
    port: 0,
    config: { UserConfig: { Namespaces: [{ Name: 'sbemulatorns', Queues: [{ Name: 'q' }] }] } },
  });
  onTestFinished(() => broker.stop());
  const undelayed: Socket[] = [];
  const { setNoDelay } = Socket.prototype as { setNoDelay: (this: Socket, isOn?: boolean) => Socket };
  const spied = vi.spyOn(Socket.prototype, 'setNoDelay').mockImplementation(function (this: Socket, isOn) {
    if (isOn === true) undelayed.push(this);
    return setNoDelay.call(this, isOn);
  });
  onTestFinished(() => spied.mockRestore());

  sendWithoutDelay();
  const client = new ServiceBusClient(broker.connectionString);
  onTestFinished(() => client.close());
  await client.createSender('q').sendMessages({ body: 'hello' });
  expect(undelayed.filter(({ remotePort }) => remotePort === broker.port)).toHaveLength(1);
});
