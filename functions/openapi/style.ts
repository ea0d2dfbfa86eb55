/** The page's only style sheet; the policy names its hash. */
export const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { margin: 0 auto; max-width: 70rem; padding: 1rem 1.5rem 4rem; font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 0.5rem; }
h3 a { color: inherit; text-decoration: none; }
h3 code { font-size: 1rem; }
nav ul { columns: 20rem; padding-left: 1rem; }
code, pre { font: 0.875rem/1.45 ui-monospace, monospace; }
pre { padding: 0.75rem; border: 1px solid var(--line); border-radius: 0.375rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding-top: 0.75rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); }
.access { font-size: 0.875rem; }
`;
