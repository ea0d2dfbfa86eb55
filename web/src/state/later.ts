/** Calls once after the last of several calls in a row. */
export const later = (ms: number, act: () => void): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, ms);
  };
};
