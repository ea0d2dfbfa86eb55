import { readFileSync } from 'node:fs';
import type { Fields, Value } from './values.ts';

const valuesIn = (path: string): Record<string, Value> => {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { parameters: Record<string, { value: Value }> };
  return Object.fromEntries(Object.entries(file.parameters).map(([name, { value }]) => [name, value]));
};

/** `${NAME=otherwise}` in azd's parameter file; true and false are such. */
const filledIn = (value: Value, env: Record<string, string>): Value => {
  if (typeof value !== 'string') return value;
  const text = value.replaceAll(/\$\{(\w+)(?:=([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    const given = env[name] ?? otherwise;
    if (given === undefined) throw new Error(`${name} is not set.`);
    return given;
  });
  return text === 'true' || text === 'false' ? text === 'true' : text;
};

/** What azd gives by the parameter file, in an environment with these values. */
export const azdParameters = (env: Record<string, string>): Fields =>
  Object.fromEntries(
    Object.entries(valuesIn('infra/main.parameters.json')).map(([name, value]) => [
      name,
      filledIn(value, env),
    ]),
  );

const azdEnv = {
  AZURE_ENV_NAME: 'parley',
  AZURE_LOCATION: 'westeurope',
  AZURE_PRINCIPAL_ID: '11111111-2222-3333-4444-555555555555',
  EVENTS_AUDIENCE: 'api://parley-events',
  AUTH_ISSUER: 'https://login.example.com/',
  AUTH_AUDIENCE: 'parley',
};

const eventsAudience = 'api://parley-events';

/** Every way of deploying that we give a parameter file for, and those that change most. */
export const environments: Record<string, Fields> = {
  azd: azdParameters(azdEnv),
  'azd, private, built-in accounts': azdParameters({
    ...azdEnv,
    VNET_ENABLED: 'true',
    BUILT_IN_ACCOUNTS: 'true',
  }),
  dev: { ...valuesIn('infra/environments/dev.parameters.json'), eventsAudience },
  staging: { ...valuesIn('infra/environments/staging.parameters.json'), eventsAudience },
  prod: { ...valuesIn('infra/environments/prod.parameters.json'), eventsAudience },
};
