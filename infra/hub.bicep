// The hub that clients connect to, and who is told of their events. Deployed after the code (see docs/deploying.md): Web
// PubSub asks the event handler whether it takes events, and an app without code does not answer.

param webPubSubName string

@description('The app\'s address, https://….')
@minLength(9)
param appUrl string

@description('Whom the tokens are for that prove events come from Web PubSub: the setting of the same meaning of the app.')
@minLength(1)
param eventsAudience string

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: webPubSub
  name: 'chat'
  properties: {
    anonymousConnectPolicy: 'deny'
    eventHandlers: [
      {
        urlTemplate: '${appUrl}/api/webpubsub/events'
        userEventPattern: '*'
        systemEvents: ['connect', 'connected', 'disconnected']
        auth: {
          type: 'ManagedIdentity'
          managedIdentity: { resource: eventsAudience }
        }
      }
    ]
  }
}

output hub string = hub.name
