/** Orka shows memory with two digits after the point. */
const ROUNDING_GB = 0.006;

/** True when the memory that is shown is not the one that was asked for. One that is not shown differs from nothing. */
export function memoryDiffers(shownGb: number | undefined, wantedGb: number): boolean {
  return shownGb !== undefined && Math.abs(shownGb - wantedGb) > ROUNDING_GB;
}

/** The memory to record: as recorded, unless another one is shown. */
export function recordedMemory(shownGb: number | undefined, recordedGb: number): number {
  return shownGb !== undefined && memoryDiffers(shownGb, recordedGb) ? shownGb : recordedGb;
}
