/**
 * Words that are not accepted, in Dutch: the coarsest insults and slurs, which have hardly any other use. Left out is
 * what is a thing as well, here or in German: `eikel`, `teef`, `kutten`.
 */
export const dutch: readonly string[] = [
  'flikker',
  'flikkers',
  'godverdomme',
  'hoer',
  'hoeren',
  'kankerhoer',
  'kankerlijer',
  'klootzak',
  'klootzakken',
  'kut',
  'kutwijf',
  'kutmarokkaan',
  'kutmarokkanen',
  'slet',
  'sletten',
  'teringlijer',
  'tyfuslijer',
];
