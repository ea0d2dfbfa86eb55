// Tables, attachments and exports, and what the Functions host keeps for itself. There is no shared key: whoever comes has
// an Entra token, or a URL that was signed with a delegated key.

param name string
param location string
param tags object

@description('Of the app\'s identity.')
param principalId string

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string

@description('Closes the public endpoint. Clients then need a way of their own into the network to load attachments.')
param isPrivate bool

@description('Web origins whose pages may upload and download attachments.')
param allowedOrigins array

@description('Days after which an attachment that nobody changes moves to cheaper storage.')
@minValue(1)
param attachmentCoolAfterDays int

@description('Days after which an attachment is deleted, whatever becomes of its message; 0: never.')
@minValue(0)
param attachmentDeleteAfterDays int

@description('Microsoft Defender for Storage looks at attachments, and the app reads what it found.')
param scansAttachments bool

param workspaceId string

var roles = loadJsonContent('../roles.json')
var content = loadJsonContent('../storage.json')
var containerNames = concat(content.containers, [content.deploymentContainer], content.hostContainers)
var isOfHost = map(containerNames, each => contains(content.hostContainers, each))
var coolingDown = { tierToCool: { daysAfterModificationGreaterThan: attachmentCoolAfterDays } }
var deletion = { delete: { daysAfterModificationGreaterThan: attachmentDeleteAfterDays } }

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    cors: {
      corsRules: empty(allowedOrigins)
        ? []
        : [
            {
              allowedOrigins: allowedOrigins
              allowedMethods: ['GET', 'HEAD', 'PUT', 'OPTIONS']
              allowedHeaders: ['content-type', 'x-ms-*']
              exposedHeaders: ['etag', 'content-length', 'x-ms-*']
              maxAgeInSeconds: 3600
            }
          ]
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containerNames: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in content.tables: {
    parent: tableService
    name: table
  }
]

// The app itself takes away what is over; these are nets below it. Tables have no lifecycle.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'attachments'
          type: 'Lifecycle'
          definition: {
            actions: { baseBlob: attachmentDeleteAfterDays > 0 ? union(coolingDown, deletion) : coolingDown }
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['attachments/'] }
          }
        }
        {
          name: 'exports'
          type: 'Lifecycle'
          definition: {
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 2 } } }
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['exports/'] }
          }
        }
      ]
    }
  }
  dependsOn: [containers]
}

// In each container just what is done there: the host owns its own, the app reads and writes its own. What Defender finds is
// in the index tags of a blob, and of the roles that are built in only that of an owner may read these.
resource mayUseContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, index) in containerNames: {
    scope: containers[index]
    name: guid(account.id, container, principalId)
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        isOfHost[index] || (scansAttachments && container == 'attachments')
          ? roles.storageBlobDataOwner
          : roles.storageBlobDataContributor
      )
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Tables, and the delegated key that signs the URLs of attachments.
resource mayUseAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.storageTableDataContributor, roles.storageBlobDelegator]: {
    scope: account
    name: guid(account.id, principalId, role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Who deletes what, for the day somebody asks. Reads and writes are too many to be kept.
resource deletions 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-log-analytics'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}

resource transactions 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-log-analytics'
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

output id string = account.id
output name string = account.name
output deploymentUrl string = '${account.properties.primaryEndpoints.blob}${content.deploymentContainer}'
