// The app on Flex Consumption. Everything it reaches, it reaches as its identity: no setting holds a key; the secrets of its
// own are references into Key Vault.

param name string
param planName string
param location string
param tags object

@description('The user-assigned identity: resource id and client id.')
param identityId string
param identityClientId string

@description('Container that the code is deployed to.')
param deploymentUrl string
param storageName string
param serviceBusNamespace string
param applicationInsightsConnectionString string

@description('All other settings of the app.')
param settings object

@description('512 is what chat needs; billing is by memory.')
@allowed([512, 2048, 4096])
param instanceMemoryMb int

@minValue(40)
@maxValue(1000)
param maximumInstances int

@description('Instances kept warm: [{ name: \'http\' | \'function:<name>\', instanceCount: n }]. They cost whether used or not.')
param alwaysReady array

@description('Requests at once on one instance.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

param isZoneRedundant bool

@description('Subnet that outgoing calls leave by; empty: none.')
param subnetId string

param workspaceId string

// Unless the settings say otherwise: the platform's front end appends the caller's address to X-Forwarded-For.
var standardSettings = { TRUSTED_PROXIES: '1' }
var identitySettings = {
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusNamespace
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId
  StorageConnection__accountName: storageName
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true // Linux
    zoneRedundant: isZoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReady
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(standardSettings, settings, identitySettings)
}

// Code comes by Entra token; user names and passwords of publishing profiles are off.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// What the app logs is in Application Insights; this is what it is billed by.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'to-log-analytics'
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
