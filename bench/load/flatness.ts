import { median } from '../statistics.ts';

/** A value at a time. */
export interface Point {
  /** Hours. */
  readonly at: number;
  readonly value: number;
}

/** What a series does once it is warm. */
export interface Trend {
  /** Median of the values. */
  readonly level: number;
  /** By the hour: the median of the slopes between all pairs (Theil–Sen), which a few outliers do not move. */
  readonly perHour: number;
}

/** The first third of a run warms up and does not count. */
export const warm = <T>(series: readonly T[]): readonly T[] => series.slice(Math.ceil(series.length / 3));

/** @param points two at least */
export const trendOf = (points: readonly Point[]): Trend => {
  const slopes = points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.value - from.value) / (to.at - from.at)),
  );
  return { level: median(points.map(({ value }) => value)), perHour: median(slopes) };
};

/** How much a series may grow by the hour: a part of its level, or so much in any case. */
export interface Allowance {
  readonly part: number;
  readonly least: number;
}

export const isFlat = ({ level, perHour }: Trend, { part, least }: Allowance): boolean =>
  perHour <= Math.max(level * part, least);
