/** ISO 8601 durations as Azure writes them: days, hours, minutes, seconds. */
const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Azure's "never": the largest .NET TimeSpan. */
const endlessDuration = 'P10675199DT2H48M5.4775807S';

/** @returns ms; Infinity for Azure's longest; undefined if it is not such a duration */
export function parseDuration(text: string): number | undefined {
  if (text === endlessDuration) return Infinity;
  const match = pattern.exec(text);
  if (!match || text.endsWith('T') || text === 'P') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part || 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000);
}

/** The shortest form; undefined and Infinity are Azure's "never". */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || ms === Infinity) return endlessDuration;
  const days = Math.floor(ms / 86_400_000);
  const hours = Math.floor(ms / 3_600_000) % 24;
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1_000;
  const time = [hours && `${hours}H`, minutes && `${minutes}M`, seconds && `${seconds}S`]
    .filter(Boolean)
    .join('');
  if (!days && !time) return 'PT0S';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
