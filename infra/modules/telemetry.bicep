// Where logs, requests and metrics go. Who sends them proves it with an Entra token: an instrumentation key is not enough.

param workspaceName string
param applicationInsightsName string
param location string
param tags object

@description('Of the app\'s identity, which may send telemetry.')
param principalId string

@minValue(30)
@maxValue(730)
param retentionInDays int

@description('Gigabytes that may come in per day; -1: any. What comes in above is dropped, so an error in a loop costs no fortune.')
param dailyQuotaGb int

var roles = loadJsonContent('../roles.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: { disableLocalAuth: true }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, principalId, roles.monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output workspaceId string = workspace.id
output applicationInsightsId string = applicationInsights.id

// It names endpoints; with local authentication off, the key in it opens nothing.
output connectionString string = applicationInsights.properties.ConnectionString
