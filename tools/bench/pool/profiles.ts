/** A way to set our pool's `sizing` that somebody could choose without knowing what comes. */
export interface Profile {
  name: string;
  about: string;
  /** The settings' `spareDeviations` and `answeredPercent`. */
  spareDeviations: number;
  answeredPercent: number;
}

/** From spare to ample; `usual` is what the settings say by default. Each may have a tenth more hosts than a pool of one size, at least one. */
export const profiles: readonly Profile[] = [
  { name: "lean", about: "each hour's mean load", spareDeviations: 0, answeredPercent: 0 },
  { name: "thrifty", about: "its mean and 1 standard deviation", spareDeviations: 1, answeredPercent: 0 },
  {
    name: "usual",
    about: "its mean and 1, and most hosts for what else comes",
    spareDeviations: 1,
    answeredPercent: 80,
  },
  { name: "quick", about: "its mean and 2 of them", spareDeviations: 2, answeredPercent: 0 },
  {
    name: "eager",
    about: "each hour's mean, and hosts for whatever else comes",
    spareDeviations: 0,
    answeredPercent: 100,
  },
  {
    name: "keen",
    about: "its mean and 1, and hosts for whatever else comes",
    spareDeviations: 1,
    answeredPercent: 100,
  },
  {
    name: "brisk",
    about: "its mean and 2, and hosts for whatever else comes",
    spareDeviations: 2,
    answeredPercent: 100,
  },
  {
    name: "ample",
    about: "its mean and 3, and hosts for whatever else comes",
    spareDeviations: 3,
    answeredPercent: 100,
  },
];
