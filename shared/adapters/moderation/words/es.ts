/**
 * Words that are not accepted, in Spanish: the coarsest insults and slurs, which have hardly any other use. Left out is
 * what another language has an innocent word for, or Spanish itself: `coño` without its tilde is a cone.
 */
export const spanish: readonly string[] = [
  'cabrón',
  'cabrones',
  'chinga',
  'chingada',
  'chingar',
  'comemierda',
  'culero',
  'culeros',
  'gilipollas',
  'hijoputa',
  'hijueputa',
  'malparida',
  'malparido',
  'maricón',
  'maricones',
  'mierda',
  'pendeja',
  'pendejo',
  'pendejos',
  'puta',
  'putas',
  'soplapollas',
  'sudaca',
  'sudacas',
];
