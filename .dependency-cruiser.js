// Imports point one way: functions → use-cases → ports → domain. See docs/architecture.md.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'shared/domain holds the rules of chat and imports nothing but itself and hash functions.',
      severity: 'error',
      from: { path: '^shared/domain/' },
      to: { pathNot: '^(shared/domain/|crypto$|node:crypto$)' },
    },
    {
      name: 'contract-knows-domain-only',
      comment: 'The wire contract is shared with clients: zod and the domain, nothing else.',
      severity: 'error',
      from: { path: '^shared/contract/' },
      to: { pathNot: '^(shared/(contract|domain)/|node_modules/zod/)' },
    },
    {
      name: 'ports-know-domain-only',
      severity: 'error',
      from: { path: '^shared/ports/' },
      to: { pathNot: '^shared/(ports|domain)/' },
    },
    {
      name: 'use-cases-know-ports',
      comment: 'A use case sees the world through ports only.',
      severity: 'error',
      from: { path: '^shared/use-cases/' },
      to: { pathNot: '^(shared/(use-cases|ports|domain|contract)/|node_modules/zod/)' },
    },
    {
      name: 'adapters-know-ports',
      comment: 'Adapters implement ports with a vendor SDK; they never call use cases or functions.',
      severity: 'error',
      from: { path: '^shared/adapters/' },
      to: { path: '^(shared/use-cases|functions|local|client|web|bench|test)/' },
    },
    {
      name: 'adapters-only-in-services',
      comment: 'functions/services/ is the composition root; these three files choose what the ports mean.',
      severity: 'error',
      from: {
        path: '^(functions|shared/(use-cases|ports|domain|contract))/',
        pathNot: '^functions/services/(adapters|identity|moderators)\\.ts$',
      },
      to: { path: '^shared/adapters/' },
    },
    {
      name: 'local-stands-alone',
      comment: 'local/ meets the app only as Azure does: built entry file, settings, AMQP, HTTP, WebSocket.',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(functions|shared|client|web|bench|test)/' },
    },
    {
      name: 'local-services-stand-alone',
      comment:
        'Each local service could be published on its own, with what opens it for inspection bundled in.',
      severity: 'error',
      from: { path: '^local/([^/]+)/' },
      to: { path: '^local/', pathNot: '^local/($1|inspection)/' },
    },
    {
      name: 'app-does-not-know-local',
      severity: 'error',
      from: { path: '^(functions|shared|client|web)/' },
      to: { path: '^(local|bench|test)/' },
    },
    {
      name: 'web-knows-client-only',
      comment: 'The page uses the client as any customer would.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(functions|shared|local|bench|test)/' },
    },
    {
      name: 'client-knows-contract-only',
      severity: 'error',
      from: { path: '^(client|web)/' },
      to: { path: '^(functions|shared/(?!contract|domain))' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependencies-in-the-app',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^((client/)?dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
