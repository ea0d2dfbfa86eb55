// All of Parley in a resource group of its own. What each parameter does, and in what order things come: docs/deploying.md.
targetScope = 'subscription'

@description('Names the environment and, hashed, all its resources.')
@minLength(1)
@maxLength(64)
param environmentName string

@minLength(1)
param location string

// Who may call.

@description('The https issuer of the OpenID Connect provider whose tokens the app takes; empty with built-in accounts.')
param authIssuer string = ''

@description('Whom those tokens are for.')
param authAudience string = ''

@description('Where the issuer\'s keys are; empty: where its discovery document says.')
param authJwksUri string = ''

@description('Accounts of Parley\'s own instead. Their signing key is put into Key Vault by infra/scripts/signing-key.ts.')
param builtInAccounts bool = false

@description('Whom the tokens are for that prove events come from Web PubSub: the application id URI of an app registration.')
@minLength(1)
param eventsAudience string

@description('Web origins whose pages may use the app and upload attachments, as https://chat.example.com.')
param allowedOrigins array = []

@description('Any other settings of the app, see the README: { MODERATION: \'off\' }.')
param chatSettings object = {}

// How much.

@allowed([512, 2048, 4096])
param instanceMemoryMb int = 512

@minValue(40)
@maxValue(1000)
param maximumInstances int = 100

@description('Instances kept warm for HTTP, and for delivery.')
@minValue(0)
param alwaysReadyHttp int = 0

@minValue(0)
param alwaysReadyDelivery int = 0

@minValue(1)
@maxValue(1000)
param httpConcurrency int = 100

@allowed(['Free_F1', 'Standard_S1', 'Premium_P1'])
param webPubSubSku string = 'Standard_S1'

@minValue(1)
@maxValue(100)
param webPubSubUnits int = 1

@description('Copies of the data: within a datacentre, a region (ZRS), or two.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

param zoneRedundant bool = false

@minValue(1)
param attachmentCoolAfterDays int = 30

@minValue(0)
param attachmentDeleteAfterDays int = 0

// Private network.

@description('Closes the public endpoints of Service Bus, Storage and Key Vault. Takes Service Bus Premium.')
param vnetEnabled bool = false

param vnetAddressPrefix string = '10.42.0.0/22'

@allowed([1, 2, 4, 8, 16])
param serviceBusMessagingUnits int = 1

// Watching.

@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Gigabytes of logs per day; -1: any.')
param logDailyQuotaGb int = 5

@description('Addresses that alerts are sent to.')
param alertEmails array = []

@description('Where docs/runbooks/ is read; alerts link to it.')
param runbookUrl string = 'https://github.com/parley-chat/parley/blob/main/docs/runbooks/'

// Who deploys.

@description('Object id of who deploys, who may then set the signing key.')
param principalId string = ''

@allowed(['User', 'ServicePrincipal'])
param principalType string = 'User'

var names = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var authSettings = builtInAccounts
  ? { AUTH_SIGNING_KEY: keyVault.outputs.signingKeyReference }
  : {
      AUTH_ISSUER: authIssuer
      AUTH_AUDIENCE: authAudience
      AUTH_JWKS_URI: authJwksUri
    }
var webPubSubSettings = {
  WebPubSubConnection__serviceUri: webPubSub.outputs.endpoint
  WEBPUBSUB_EVENT_TENANT: tenant().tenantId
  WEBPUBSUB_EVENT_AUDIENCE: eventsAudience
  WEBPUBSUB_EVENT_CALLER: webPubSub.outputs.principalId
  CONNECTION_SIGNING_KEY: keyVault.outputs.connectionKeyReference
}
var originSettings = { ALLOWED_ORIGINS: join(allowedOrigins, ',') }
var readyForHttp = alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyHttp }] : []
var readyForDelivery = alwaysReadyDelivery > 0
  ? [
      { name: 'function:deliverMessage', instanceCount: alwaysReadyDelivery }
      { name: 'function:deliverGroupMessage', instanceCount: alwaysReadyDelivery }
    ]
  : []

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: '${names.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: '${names.identity}${token}'
    location: location
    tags: tags
  }
}

module telemetry 'modules/telemetry.bicep' = {
  scope: group
  params: {
    workspaceName: '${names.logAnalytics}${token}'
    applicationInsightsName: '${names.applicationInsights}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    retentionInDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    name: '${names.serviceBus}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    isPrivate: vnetEnabled
    messagingUnits: serviceBusMessagingUnits
    workspaceId: telemetry.outputs.workspaceId
  }
}

module webPubSub 'modules/web-pubsub.bicep' = {
  scope: group
  params: {
    name: '${names.webPubSub}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    sku: webPubSubSku
    units: webPubSubUnits
    isPrivate: vnetEnabled
    workspaceId: telemetry.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: '${names.storage}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    sku: storageSku
    isPrivate: vnetEnabled
    allowedOrigins: allowedOrigins
    attachmentCoolAfterDays: attachmentCoolAfterDays
    attachmentDeleteAfterDays: attachmentDeleteAfterDays
    scansAttachments: (chatSettings.?ATTACHMENT_SCAN ?? 'off') == 'defender'
    workspaceId: telemetry.outputs.workspaceId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    name: '${names.keyVault}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    deployerId: principalId
    deployerType: principalType
    isPrivate: vnetEnabled
    workspaceId: telemetry.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.virtualNetwork}${token}'
    location: location
    tags: tags
    addressPrefix: vnetAddressPrefix
  }
}

module blobEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.privateEndpoint}blob-${token}'
    location: location
    tags: tags
    serviceId: storage.outputs.id
    groupId: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module tableEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.privateEndpoint}table-${token}'
    location: location
    tags: tags
    serviceId: storage.outputs.id
    groupId: 'table'
    zoneName: 'privatelink.table.${environment().suffixes.storage}'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module serviceBusEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.privateEndpoint}service-bus-${token}'
    location: location
    tags: tags
    serviceId: serviceBus.outputs.id
    groupId: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module webPubSubEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.privateEndpoint}web-pubsub-${token}'
    location: location
    tags: tags
    serviceId: webPubSub.outputs.id
    groupId: 'webpubsub'
    zoneName: 'privatelink.webpubsub.azure.com'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module keyVaultEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${names.privateEndpoint}vault-${token}'
    location: location
    tags: tags
    serviceId: keyVault.outputs.id
    groupId: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: '${names.functionApp}${token}'
    planName: '${names.plan}${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    deploymentUrl: storage.outputs.deploymentUrl
    storageName: storage.outputs.name
    serviceBusNamespace: serviceBus.outputs.fullyQualifiedNamespace
    applicationInsightsConnectionString: telemetry.outputs.connectionString
    settings: union(chatSettings, authSettings, originSettings, webPubSubSettings)
    instanceMemoryMb: instanceMemoryMb
    maximumInstances: maximumInstances
    alwaysReady: concat(readyForHttp, readyForDelivery)
    httpConcurrency: httpConcurrency
    isZoneRedundant: zoneRedundant
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    workspaceId: telemetry.outputs.workspaceId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    serviceBusId: serviceBus.outputs.id
    webPubSubId: webPubSub.outputs.id
    storageId: storage.outputs.id
    alertEmails: alertEmails
    runbookUrl: runbookUrl
  }
}

// What the scripts that come after need to know; azd keeps them as values of its environment.
output AZURE_RESOURCE_GROUP string = group.name
output API_NAME string = functionApp.outputs.name
output API_URL string = functionApp.outputs.url
output WEB_PUBSUB_NAME string = webPubSub.outputs.name
output EVENTS_AUDIENCE string = eventsAudience
output KEY_VAULT_NAME string = keyVault.outputs.name
output SIGNING_KEYS string = builtInAccounts ? 'connection-signing-key auth-signing-key' : 'connection-signing-key'
