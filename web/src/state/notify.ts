interface Notice {
  title: string;
  body: string;
  /** Of several with the same only the last is shown. */
  tag: string;
  onClick: () => void;
}

const shownNotices = new Set<Notification>();

/** Takes back all that is shown. */
export const closeNotices = (): void => {
  for (const notice of shownNotices) notice.close();
  shownNotices.clear();
};

/** Shows something outside of the page, where that was allowed. */
export const notify = ({ title, body, tag, onClick }: Notice): void => {
  try {
    const shown = new Notification(title, { body, tag, icon: 'icon.svg' });
    shownNotices.add(shown);
    shown.addEventListener('close', () => shownNotices.delete(shown));
    shown.addEventListener('click', () => {
      window.focus();
      onClick();
      shown.close();
    });
  } catch {
    // Chrome on Android has notifications for pages with a service worker only.
  }
};
