/**
 * A shortcut to groups for keys that are all dictionary encoded with few values: the codes of a row make a place in a
 * small map of known groups. It is kept while the dictionaries stay the same.
 *
 *   header, u32 each: map or 0 | its bytes
 */

import type { Vector } from '../../../io/batch.js'
import { take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { Grouping } from './grouping.js'

const MAX_PLACES = 16_384

export class DomainMap {
  /** The dictionaries that the map is about; a state taken over from another thread starts without. */
  private dictionaries: (Vector | null)[] = []

  constructor(
    private readonly context: OperatorContext,
    private readonly grouping: Grouping,
    private readonly header: number,
  ) {}

  get bytes(): number {
    return this.context.memory.u32[this.header / 4 + 1]
  }

  /** The group of each row, as u32 in scratch; null if the keys' domain is not small. */
  find(keys: readonly Vector[], length: number, position: number): number | null {
    let size = 1
    for (const key of keys) {
      if (key.dictionary === null) return null
      size *= key.dictionary.length + 1
      if (size > MAX_PLACES) return null
    }
    const map = this.mapFor(keys, size)
    const { context } = this
    const { wasm } = context
    const places = this.placesOf(keys, length)
    const missing = context.scratch(length * 4)
    const count = wasm.group_map_domain(places, map, length, missing)
    if (count > 0) {
      const unknown = keys.map((key) => take(context, key, missing, count))
      const groups = this.grouping.find(unknown, count)
      this.grouping.table.lowerPositionsOf(groups, missing, count, position)
      wasm.group_enter_domain(places, map, missing, groups, count)
      wasm.group_map_domain(places, map, length, missing)
    }
    return places
  }

  release(): void {
    const map = this.context.memory.u32[this.header / 4]
    if (map !== 0) this.context.release(map)
  }

  private placesOf(keys: readonly Vector[], length: number): number {
    const { context } = this
    const places = context.scratch(length * 4)
    context.memory.u32.fill(0, places / 4, places / 4 + length)
    let factor = 1
    for (const { values, validity, dictionary } of keys) {
      const entries = dictionary!.length
      context.wasm.group_domain(values, validity, entries, factor, length, places)
      factor *= entries + 1
    }
    return places
  }

  private mapFor(keys: readonly Vector[], size: number): number {
    const { u8, u32 } = this.context.memory
    const header = this.header / 4
    const same = keys.every((key, i) => key.dictionary === this.dictionaries[i])
    if (same) return u32[header]
    this.dictionaries = keys.map((key) => key.dictionary)
    const bytes = size * 4
    if (bytes > u32[header + 1]) {
      this.release()
      u32[header] = this.context.allocate(bytes)
      u32[header + 1] = bytes
    }
    u8.fill(0, u32[header], u32[header] + bytes)
    return u32[header]
  }
}
