// The namespace with its queues and topics, which are those of ../service-bus.json: the local broker reads the same file.
// Standard has sessions, duplicate detection and topics; private endpoints need Premium, at about seventy times the price.

param name string
param location string
param tags object

@description('Of the app\'s identity, which may send and receive.')
param principalId string

@description('Takes Premium and closes the public endpoint.')
param isPrivate bool

@description('Messaging units of Premium.')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int

param workspaceId string

var roles = loadJsonContent('../roles.json')
var entities = loadJsonContent('../service-bus.json').UserConfig.Namespaces[0]
var sku = isPrivate ? 'Premium' : 'Standard'
var subscriptionsOf = map(entities.Topics, topic => map(topic.Subscriptions, each => { topic: topic.Name, is: each }))
var subscriptions = flatten(subscriptionsOf)
var rulesOf = map(subscriptions, each => map(each.is.?Rules ?? [], rule => {
  parent: '${each.topic}/${each.is.Name}'
  is: rule
}))

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: isPrivate ? { name: sku, tier: sku, capacity: messagingUnits } : { name: sku, tier: sku }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

// Sessions and duplicate detection are fixed when an entity is made: changing them means a new entity under a new name.
resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in entities.Queues: {
    parent: namespace
    name: queue.Name
    properties: {
      requiresSession: queue.Properties.RequiresSession
      requiresDuplicateDetection: queue.Properties.RequiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: queue.Properties.?DuplicateDetectionHistoryTimeWindow ?? 'PT10M'
      lockDuration: queue.Properties.LockDuration
      maxDeliveryCount: queue.Properties.MaxDeliveryCount
      defaultMessageTimeToLive: queue.Properties.DefaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.Properties.DeadLetteringOnMessageExpiration
    }
  }
]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for topic in entities.Topics: {
    parent: namespace
    name: topic.Name
    properties: {
      requiresDuplicateDetection: topic.Properties.RequiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: topic.Properties.DuplicateDetectionHistoryTimeWindow
      defaultMessageTimeToLive: topic.Properties.DefaultMessageTimeToLive
    }
  }
]

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for each in subscriptions: {
    name: '${namespace.name}/${each.topic}/${each.is.Name}'
    properties: {
      requiresSession: each.is.Properties.RequiresSession
      lockDuration: each.is.Properties.LockDuration
      maxDeliveryCount: each.is.Properties.MaxDeliveryCount
      defaultMessageTimeToLive: each.is.Properties.DefaultMessageTimeToLive
      deadLetteringOnMessageExpiration: each.is.Properties.DeadLetteringOnMessageExpiration
    }
    dependsOn: [topics]
  }
]

// A subscription made without rules takes everything by a rule `$Default`, and a message passes if any rule lets it. So a
// rule of ours stands in its place under that very name.
resource rules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for each in flatten(rulesOf): {
    name: '${namespace.name}/${each.parent}/$Default'
    properties: {
      filterType: 'SqlFilter'
      sqlFilter: { sqlExpression: each.is.Properties.SqlFilter.SqlExpression }
    }
    dependsOn: [topicSubscriptions]
  }
]

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.serviceBusDataSender, roles.serviceBusDataReceiver]: {
    scope: namespace
    name: guid(namespace.id, principalId, role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Metrics as well, so that one query can hold what was used against what was delivered.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-log-analytics'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'OperationalLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = namespace.id
output name string = namespace.name
output fullyQualifiedNamespace string = '${namespace.name}.servicebus.windows.net'
