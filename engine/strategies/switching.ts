/**
 * Which strategy a run is in, and when it changes.
 *
 * Breakers ask at every morsel boundary whether to give up what they hold. Under bulk they keep it until the process
 * comes near its limit; the first that is asked then moves its state to DuckDB, and the run goes on as bigdata, in which a
 * breaker keeps no more than its share. A breaker that begins after the pressure has gone works in bulk again.
 */

/** The strategy that takes over, and why. */
export interface StrategyChange {
  readonly name: 'row' | 'bulk' | 'bigdata'
  readonly reason: string
}

/** What a breaker holds, where its input stands. */
export interface Holder {
  readonly label: string
  readonly bytes: number
  /** What it may come to allocate before it is asked again. */
  readonly growthBytes: number
  readonly morsel: number
  /** Null where it is not known. */
  readonly morsels: number | null
  /** What it may hold under bigdata, where that is not the share of every breaker. */
  readonly shareBytes?: number
  /** Less than this is not worth moving, where it is more than for every breaker. */
  readonly leastBytes?: number
}

/** What switching needs to know of the process. */
export interface Pressure {
  readonly isHigh: () => boolean
  /** Beyond the limit, or nearly. */
  readonly isExtreme: () => boolean
  /** `rss 498 of 512 MB`. */
  readonly describe: () => string
  /** Bytes that a breaker under bigdata may hold in memory. */
  readonly shareBytes: number
  /** Bytes that a sort under bigdata may hold: it needs nobody else's memory to go on. */
  readonly sortBytes: () => number
  /** What can still be allocated. */
  readonly roomBytes: () => number
}

/** Moving less than this frees nothing worth the trouble. */
const LEAST_BYTES = 1 << 20
/** The share of a breaker where a run switches although there is memory. */
const FORCED_SHARE_BYTES = 1 << 16

export class Switching {
  private name: 'bulk' | 'bigdata'
  private switched = false
  private mayChange = true

  constructor(
    started: 'bulk' | 'bigdata',
    private readonly pressure: Pressure,
    private readonly onChange: (change: StrategyChange) => void,
    /**
     * For tests: the morsel boundary at which each breaker of a bulk run moves what it holds, and again at each that
     * follows, whatever the memory.
     */
    private readonly forcedAt: number | null = null,
  ) {
    this.name = started
  }

  get current(): 'bulk' | 'bigdata' {
    return this.name
  }

  /** Bytes that a breaker may hold in memory under bigdata. */
  get shareBytes(): number {
    return this.forcedAt === null ? this.pressure.shareBytes : FORCED_SHARE_BYTES
  }

  /** The same for a sort. */
  get sortBytes(): number {
    return this.pressure.sortBytes()
  }

  /** Bytes that can still be allocated. */
  get roomBytes(): number {
    return this.pressure.roomBytes()
  }

  /** Begins anew under another strategy; where DuckDB is missing, nothing moves there any more. */
  beginAnew(change: StrategyChange): void {
    if (change.name !== 'row') this.name = change.name
    this.switched = false
    this.mayChange = change.name === 'bigdata'
    this.onChange(change)
  }

  /** Called when a breaker begins: under bigdata only for want of memory, it may be bulk again. */
  begin(label: string): void {
    if (!this.switched || this.name === 'bulk' || this.forcedAt !== null || this.pressure.isHigh()) return
    this.name = 'bulk'
    this.onChange({ name: 'bulk', reason: `bigdata -> bulk at ${label}: ${this.pressure.describe()}` })
  }

  /** Whether a breaker should move what it holds out of memory, now, between two morsels. */
  shouldSpill(holder: Holder): boolean {
    if (!this.mayChange) return false
    const forced = this.forcedAt !== null && holder.morsel >= this.forcedAt
    if (this.name === 'bigdata') {
      const isOver = this.forcedAt === null ? holder.bytes > (holder.shareBytes ?? this.shareBytes) : forced
      return (isOver && holder.bytes > 0) || this.isPressing(holder)
    }
    if (!forced && !this.isPressing(holder)) return false
    this.name = 'bigdata'
    this.switched = true
    const place = `morsel ${holder.morsel}${holder.morsels === null ? '' : ` of ${holder.morsels}`}`
    const why = forced ? 'asked for' : this.pressure.describe()
    this.onChange({
      name: 'bigdata',
      reason: `bulk -> bigdata at ${place}: ${why}, ${holder.label} ${Math.round(holder.bytes / 1e6)} MB`,
    })
    return true
  }

  /**
   * Whether a run that holds nothing, and is still too large, should go on as row from this morsel: it then decodes in one
   * thread, and little at a time.
   */
  shouldEndAsRow({ morsel, morsels }: Pick<Holder, 'morsel' | 'morsels'>): boolean {
    const forced = this.forcedAt !== null && morsel >= this.forcedAt
    if (!this.mayChange || !(forced || this.pressure.isExtreme())) return false
    const place = `morsel ${morsel}${morsels === null ? '' : ` of ${morsels}`}`
    const why = forced ? 'asked for' : this.pressure.describe()
    this.onChange({ name: 'row', reason: `${this.name} -> row at ${place}: ${why}, and nothing to give up` })
    return true
  }

  private isPressing({ bytes, growthBytes, leastBytes = LEAST_BYTES }: Holder): boolean {
    return bytes >= leastBytes && (this.pressure.isHigh() || growthBytes > this.pressure.roomBytes())
  }
}
