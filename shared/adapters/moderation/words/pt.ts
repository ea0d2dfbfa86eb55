/**
 * Words that are not accepted, in Portuguese: the coarsest insults and slurs, which have hardly any other use. Left out
 * is what is innocent elsewhere, also within Portuguese: `porra`, `puto`, `bicha`.
 */
export const portuguese: readonly string[] = [
  'arrombado',
  'arrombados',
  'buceta',
  'bucetas',
  'cabrão',
  'cabrões',
  'caralho',
  'caralhos',
  'cuzão',
  'cuzões',
  'foda',
  'foder',
  'merda',
  'paneleiro',
  'paneleiros',
  'punheta',
  'punheteiro',
  'puta',
  'putas',
  'vadia',
  'vadias',
  'viado',
  'viados',
];
