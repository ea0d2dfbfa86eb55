interface ImportMetaEnv {
  /** Where the API is, if it is not where the page is. */
  readonly VITE_PARLEY_URL?: string;
}
