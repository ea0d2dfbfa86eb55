/**
 * Queries for tables, and filters for Web PubSub, are written in the odata`` tag, which quotes what is put in. A text that
 * is made in any other way is an injection sooner or later, so whatever looks like one is refused.
 */
const compares = String.raw`/( (eq|ne|gt|ge|lt|le) )|(\b(PartitionKey|RowKey) (eq|ne|gt|ge|lt|le)\b)/`;
const message = 'Write queries in the odata`` tag, whole.';

export const queryRules = {
  files: ['shared/**/*.ts', 'functions/**/*.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      ...[
        // A template with something put in, by no tag or by another.
        `:not(TaggedTemplateExpression[tag.name="odata"]) > TemplateLiteral[expressions.length>0]:has(> TemplateElement[value.raw=${compares}])`,
        // Put together from pieces, of which one is a text that compares.
        `BinaryExpression[operator="+"] > Literal[value=${compares}]`,
        `BinaryExpression[operator="+"] > TemplateLiteral:has(> TemplateElement[value.raw=${compares}])`,
        `CallExpression Literal[value=/\\b(PartitionKey|RowKey) (eq|ne|gt|ge|lt|le)\\b/]`,
        `ArrayExpression > Literal[value=/\\b(PartitionKey|RowKey) (eq|ne|gt|ge|lt|le)\\b/]`,
        // A filter that is no query of the tag, and is no variable either.
        'Property[key.name="filter"] > TemplateLiteral',
        // The tag is used as a tag, and there is one.
        'CallExpression[callee.name="odata"]',
        'MemberExpression[object.name="odata"]',
        'VariableDeclarator[id.name="odata"]',
        'FunctionDeclaration[id.name="odata"]',
      ].map((selector) => ({ selector, message })),
    ],
  },
};
