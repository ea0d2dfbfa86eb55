import type { RegisteredFunction } from './core-api.ts';

const supportedTriggers = ['httpTrigger', 'serviceBusTrigger', 'timerTrigger', 'blobTrigger'];

/**
 * Everything the functions ask for that this host cannot do, one sentence each: better refused at start than
 * silently never called.
 */
export function unsupported(functions: Iterable<RegisteredFunction>): string[] {
  return [...functions].flatMap((each) => [...triggerProblems(each), ...bindingProblems(each)]);
}

function triggerProblems({ name, trigger }: RegisteredFunction): string[] {
  const { type, sdkBinding } = trigger.binding;
  if (!supportedTriggers.some((known) => known.toLowerCase() === type.toLowerCase())) {
    return [`"${name}": trigger "${type}" is not supported (supported: ${supportedTriggers.join(', ')}).`];
  }
  return sdkBinding === true ? [`"${name}": "sdkBinding" is not supported.`] : [];
}

function bindingProblems({ name, metadata, trigger }: RegisteredFunction): string[] {
  const isHttp = trigger.binding.type.toLowerCase() === 'httptrigger';
  return Object.entries(metadata.bindings)
    .filter(([bindingName]) => bindingName !== trigger.name)
    .filter(
      ([bindingName, { type }]) => !(isHttp && bindingName === '$return' && type.toLowerCase() === 'http'),
    )
    .map(([bindingName, { type, direction }]) => {
      const kind = direction === 'out' ? 'output' : 'input';
      return `"${name}": ${kind} binding "${bindingName}" of type "${type}" is not supported; use the service's SDK.`;
    });
}
