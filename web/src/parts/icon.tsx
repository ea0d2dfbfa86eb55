/** Shapes on a field of 24 × 24, drawn by lines. */
const shapes = {
  attach:
    'm20 11.500-8.200 8.200a5.300 5.300 0 0 1-7.500-7.500l8.500-8.500a3.500 3.500 0 0 1 5 5l-8.400 8.400a1.800 1.800 0 0 1-2.500-2.500l7.600-7.600',
  back: 'M15 5l-7 7 7 7',
  bin: 'M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  face: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.500 14.500c1.800 2.400 5.200 2.400 7 0M9 9.500v.500M15 9.500v.500',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  more: 'M5 12h.010M12 12h.010M19 12h.010',
  mute: 'M6 16V11a6 6 0 0 1 9-5.200M18 11v5h2M4 16h9M10 20h4M4 4l16 16',
  pen: 'M4 20l1-4L16.500 4.500l3 3L8 19zM14.500 6.500l3 3',
  pin: 'M9 3h6l-1 6 4 4H6l4-4zM12 13v8',
  reply: 'M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7',
  send: 'M4 12 20 4l-5 16-4-7zM11 13l9-9',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M12 2.500v3M12 18.500v3M2.500 12h3M18.500 12h3M5.300 5.300l2.100 2.100M16.600 16.600l2.100 2.100M5.300 18.700l2.100-2.100M16.600 7.400l2.100-2.100',
  write: 'M12 5v14M5 12h14',
} as const;

export type IconName = keyof typeof shapes;

/** A sign of what a button does; the button says it in words. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
);
