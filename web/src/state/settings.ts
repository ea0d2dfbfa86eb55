import { signal } from '@preact/signals';
import { read, write } from './kept.ts';

const themeKey = 'parley theme';
const notifyKey = 'parley notifications';

/** How the page looks, and whether it calls. */
export class Settings {
  readonly theme = signal(read(themeKey) ?? '');
  readonly notifies = signal(
    read(notifyKey) === 'on' && 'Notification' in window && Notification.permission === 'granted',
  );
  readonly problem = signal<string>();

  constructor() {
    this.#showTheme();
  }

  /** @param theme light, dark, or empty for the system's */
  setTheme(theme: string): void {
    this.theme.value = theme;
    write(themeKey, theme);
    this.#showTheme();
  }

  async setNotifies(notifies: boolean): Promise<void> {
    const isAllowed =
      notifies && 'Notification' in window && (await Notification.requestPermission()) === 'granted';
    this.notifies.value = isAllowed;
    this.problem.value = notifies && !isAllowed ? 'The browser does not allow it for this page.' : undefined;
    write(notifyKey, isAllowed ? 'on' : 'off');
  }

  #showTheme(): void {
    document.documentElement.dataset.theme = this.theme.value;
  }
}
