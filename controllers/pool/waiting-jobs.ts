/** What a controller asks of the CI system about jobs that no runner has taken yet. */
export interface WaitingJobs {
  /**
   * How many jobs wait that a runner of the pool could take now.
   * @throws DriverError when they could not be counted, which says nothing about how many there are
   */
  count(signal: AbortSignal): Promise<number>;
}
