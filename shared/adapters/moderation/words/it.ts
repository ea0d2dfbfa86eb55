/**
 * Words that are not accepted, in Italian: the coarsest insults and slurs, which have hardly any other use. Left out is
 * what is a name or a thing as well: `Troia`, `figa`.
 */
export const italian: readonly string[] = [
  'cazzi',
  'cazzo',
  'coglione',
  'coglioni',
  'culattone',
  'frocio',
  'froci',
  'merda',
  'mignotta',
  'mignotte',
  'minchia',
  'pompinara',
  'puttana',
  'puttane',
  'ricchione',
  'ricchioni',
  'stronza',
  'stronze',
  'stronzi',
  'stronzo',
  'terrone',
  'terroni',
  'vaffanculo',
  'zoccola',
  'zoccole',
];
