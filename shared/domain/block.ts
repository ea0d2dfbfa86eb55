/** How old an answer about blocks may be, in ms: as long a block may take to come into effect at each look. */
export const blockCacheMs = 2000;
