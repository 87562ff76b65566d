/** The header that carries what the simulated orka3 needs to know about the version it plays. */
export const QUIRKS_HEADER = "x-simulated-quirks";

/** The header that makes the simulated orka3 die on the spot, after the cluster did what it was asked. */
export const DIE_HEADER = "x-simulated-death";
