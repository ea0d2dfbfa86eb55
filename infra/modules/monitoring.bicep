// Who is told when something is wrong, and the page that shows how it goes. Each alert links to the runbook of its name.

param environmentName string
param location string
param tags object
param workspaceId string
param serviceBusId string
param webPubSubId string
param storageId string

@description('Addresses that alerts are sent to; none: alerts fire and nobody is told.')
param alertEmails array

@description('Where the runbooks are; the name of an alert and .md are added.')
param runbookUrl string

// What the app logs, one row per event. Rows that were sampled count for those left out.
var events = '''
AppTraces
| where Message startswith '{"event"'
| extend e = parse_json(Message)
| extend event = tostring(e.event)
'''

var metricAlerts = [
  {
    name: 'dead-letters'
    severity: 1
    says: 'Messages were tried until their deliveries were used up, and lie in a dead-letter queue.'
    scope: serviceBusId
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 0
    dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
  }
  {
    name: 'parked-messages'
    severity: 3
    says: 'The app has put aside more than a few messages that can never succeed.'
    scope: serviceBusId
    metric: 'ActiveMessages'
    aggregation: 'Maximum'
    threshold: 10
    dimensions: [{ name: 'EntityName', operator: 'Include', values: ['chat-deadletter'] }]
  }
  {
    name: 'queue-depth'
    severity: 2
    says: 'Messages come in faster than they are delivered.'
    scope: serviceBusId
    metric: 'ActiveMessages'
    aggregation: 'Average'
    threshold: 1000
    dimensions: [{ name: 'EntityName', operator: 'Exclude', values: ['chat-deadletter'] }]
  }
  {
    name: 'service-bus-throttling'
    severity: 2
    says: 'Service Bus refuses calls because there are too many.'
    scope: serviceBusId
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 10
    dimensions: []
  }
  {
    name: 'storage-throttling'
    severity: 2
    says: 'Storage refuses calls because there are too many, of the account or of one partition.'
    scope: storageId
    metric: 'Transactions'
    aggregation: 'Total'
    threshold: 10
    dimensions: [{ name: 'ResponseType', operator: 'Include', values: ['ClientThrottlingError', 'ServerBusyError'] }]
  }
  {
    name: 'connections'
    severity: 2
    says: 'Web PubSub has hardly any connections left: who comes next is turned away.'
    scope: webPubSubId
    metric: 'ConnectionQuotaUtilization'
    aggregation: 'Maximum'
    threshold: 80
    dimensions: []
  }
  {
    name: 'web-pubsub-load'
    severity: 2
    says: 'Web PubSub is so busy that pushes come late.'
    scope: webPubSubId
    metric: 'ServerLoad'
    aggregation: 'Average'
    threshold: 70
    dimensions: []
  }
]

var logAlerts = [
  {
    name: 'failed-requests'
    severity: 1
    says: 'Requests fail by a fault of ours: callers are answered 500.'
    query: '''
| where event in ('request.failed', 'web-pubsub.failed', 'client-event.failed')
| summarize value = sum(ItemCount)
'''
    threshold: 5
    window: 'PT5M'
  }
  {
    name: 'delivery-stopped'
    severity: 1
    says: 'Messages are accepted and none is delivered.'
    query: '''
| summarize accepted = sumif(ItemCount, event == 'message.accepted'), settled = sumif(ItemCount, event in ('message.delivered', 'message.parked'))
| project value = iff(settled == 0, accepted, 0)
'''
    threshold: 0
    window: 'PT10M'
  }
  {
    name: 'slow-delivery'
    severity: 2
    says: 'One message in twenty takes more than two seconds from its acceptance to its push.'
    query: '''
| where event == 'message.delivered' and e.isNew == true
| summarize value = percentile(tolong(e.sinceAcceptedMs), 95)
'''
    threshold: 2000
    window: 'PT10M'
  }
  {
    name: 'queue-age'
    severity: 2
    says: 'Messages have waited for more than a minute before they were delivered.'
    query: '''
| where event == 'message.delivered' and e.isNew == true
| summarize value = max(tolong(e.sinceAcceptedMs))
'''
    threshold: 60000
    window: 'PT10M'
  }
  {
    name: 'failed-pushes'
    severity: 2
    says: 'Web PubSub does not take pushes: people find in their inboxes what they should have seen at once.'
    query: '''
| where event == 'push.failed'
| summarize value = sum(ItemCount)
'''
    threshold: 50
    window: 'PT10M'
  }
  {
    name: 'failing-timers'
    severity: 3
    says: 'What runs by the clock fails again and again: what has expired stays, uploads are not completed, and people who left seem to be there.'
    query: '''
| where event in ('attachments.unswept', 'messages.unpurged', 'presence.unchecked')
| summarize value = sum(ItemCount)
'''
    threshold: 5
    window: 'PT15M'
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-parley-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'parley'
    enabled: true
    emailReceivers: [
      for (address, index) in alertEmails: {
        name: 'email-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource onMetrics 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: '${alert.name}-${environmentName}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.says} ${runbookUrl}${alert.name}.md'
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.threshold
            timeAggregation: alert.aggregation
            dimensions: alert.dimensions
          }
        ]
      }
      actions: [{ actionGroupId: group.id }]
    }
  }
]

// Two looks of three, so that one bad minute wakes nobody. What is asked for may not exist yet: hence no validation.
resource onLogs 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: '${alert.name}-${environmentName}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${alert.name} (${environmentName})'
      description: '${alert.says} ${runbookUrl}${alert.name}.md'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: alert.window
      autoMitigate: true
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: '${events}${alert.query}'
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'value'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 3, minFailingPeriodsToAlert: 2 }
          }
        ]
      }
      actions: { actionGroups: [group.id] }
    }
  }
]

var page = loadTextContent('../workbook.json')
var withWorkspace = replace(page, '__WORKSPACE__', workspaceId)
var withServiceBus = replace(withWorkspace, '__SERVICE_BUS__', serviceBusId)
var withWebPubSub = replace(withServiceBus, '__WEB_PUBSUB__', webPubSubId)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'parley')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Parley (${environmentName})'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: replace(withWebPubSub, '__STORAGE__', storageId)
  }
}
