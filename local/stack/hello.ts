/**
 * Fills in a text shown after the start. Placeholders: `{{functions}}`, `{{webPubSub}}`, `{{serviceBus}}`, `{{blob}}`,
 * `{{table}}` are URLs, `{{setting:NAME}}` is one of the app's settings.
 *
 * @throws Error naming a placeholder that means nothing
 */
export function fillHello(
  template: string,
  urls: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string | undefined>>,
): string {
  return template.replace(
    /\{\{\s*(setting:)?([\w.-]+)\s*\}\}/g,
    (whole, isSetting: string | undefined, name: string) => {
      const value = isSetting === undefined ? urls[name] : settings[name];
      if (value === undefined)
        throw new Error(`The hello text has ${whole}, which is neither a URL nor a setting.`);
      return value;
    },
  );
}
