/** What an hour of the week was like: how long was looked at, the mean of the load, and the mean of its square. */
export interface HourLoad {
  seconds: number;
  mean: number;
  square: number;
}

export const hourSeconds = 3600;
export const hoursOfWeek = 168;

/** Of no time at all. */
export const nothing: HourLoad = { seconds: 0, mean: 0, square: 0 };

/** The load over the time of both. */
export function mixed(a: HourLoad, b: HourLoad): HourLoad {
  const seconds = a.seconds + b.seconds;
  if (seconds === 0) return a;
  const share = b.seconds / seconds;
  return {
    seconds,
    mean: a.mean + (b.mean - a.mean) * share,
    square: a.square + (b.square - a.square) * share,
  };
}
