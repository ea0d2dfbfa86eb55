/**
 * Words that are not accepted, in French: the coarsest insults and slurs, which have hardly any other use. Left out is
 * what another language has an innocent word for: `pute` is a German turkey, `pédé` Portuguese for asks.
 */
export const french: readonly string[] = [
  'bougnoule',
  'bougnoules',
  'branleur',
  'branleurs',
  'connard',
  'connards',
  'connasse',
  'connasses',
  'enculé',
  'enculée',
  'enculés',
  'enfoiré',
  'enfoirés',
  'gouine',
  'gouines',
  'niquer',
  'pétasse',
  'pétasses',
  'poufiasse',
  'poufiasses',
  'salaud',
  'salauds',
  'salope',
  'salopes',
  'trouduc',
  'youpin',
  'youpins',
];
