/** The most that a run took at once. */

/** What waited before a stage. */
export interface QueuePeak {
  readonly batches: number
  readonly bytes: number
}

/** The most bytes at once during a run: exact of what is resident if the process never had more before, else by samples. */
export interface MemoryPeaks {
  /** Resident in the process. */
  readonly rssBytes: number
  /** In use of the engine's shared memory. */
  readonly sharedBytes: number
  /** Of the batches that waited before all stages. */
  readonly queuedBytes: number
}
