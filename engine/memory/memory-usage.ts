/** Bytes of an engine's shared memory. */
export interface MemoryUsage {
  readonly usedBytes: number
  readonly peakBytes: number
  /** The part of `usedBytes` that results in the user's hands hold. */
  readonly leasedBytes: number
  /** Of all blocks there ever were: it grows with every buffer that is copied or computed, and with no other. */
  readonly allocatedBytes: number
}
