// The service that clients connect to. Its hub comes later (../hub.bicep): its event handler is the app, which must answer.

param name string
param location string
param tags object

@description('Of the app\'s identity, which may send to clients, ask for connections and sign client URLs.')
param principalId string

@allowed(['Free_F1', 'Standard_S1', 'Premium_P1'])
param sku string

@description('A unit has 1,000 connections and a million outbound messages a day; plan to use 80 %.')
param units int

@description('Leaves the public endpoint to clients only; the app comes by the private one.')
param isPrivate bool

param workspaceId string

var roles = loadJsonContent('../roles.json')

// Tokens that prove its events come from it are those of an identity of its own: nobody else has it.
resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'WebPubSub'
  sku: { name: sku, capacity: units }
  identity: { type: 'SystemAssigned' }
  properties: {
    disableLocalAuth: true
    disableAadAuth: false
    publicNetworkAccess: 'Enabled'
    tls: { clientCertEnabled: false }
    networkACLs: isPrivate
      ? { defaultAction: 'Allow', publicNetwork: { deny: ['ServerConnection', 'RESTAPI', 'Trace'] } }
      : { defaultAction: 'Allow' }
  }
}

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: webPubSub
  name: guid(webPubSub.id, principalId, roles.webPubSubServiceOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.webPubSubServiceOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// Not MessagingLogs: a row per message, at many times the price of the message.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: webPubSub
  name: 'to-log-analytics'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'ConnectivityLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = webPubSub.id
output name string = webPubSub.name
output endpoint string = 'https://${webPubSub.properties.hostName}'
output principalId string = webPubSub.identity.principalId
