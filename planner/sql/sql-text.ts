/** The text a syntax tree came from: finds positions in it and words errors about it. */

import { type ErrorCode, VolleyError } from '../errors.js'

interface Located {
  readonly query_location?: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class SqlText {
  private readonly bytes: Uint8Array

  /** `prefix` characters at the start of `statement` were put before what the user wrote. */
  constructor(
    readonly statement: string,
    private readonly prefix = 0,
  ) {
    this.bytes = encoder.encode(statement)
  }

  /** Offset of a node in what the user wrote, in characters. */
  position(node: Located): number | undefined {
    const { query_location: location } = node
    if (location === undefined || location > this.bytes.length) return undefined
    const characters =
      this.bytes.length === this.statement.length ? location : decoder.decode(this.bytes.subarray(0, location)).length
    return Math.max(0, characters - this.prefix)
  }

  error(code: ErrorCode, message: string, node: Located = {}): VolleyError {
    return this.errorAt(code, message, this.position(node))
  }

  /** `position` counts characters of what the user wrote. */
  errorAt(code: ErrorCode, message: string, position: number | undefined): VolleyError {
    return new VolleyError(code, message, { expression: this.statement.slice(this.prefix), position })
  }

  /** `construct` is named as a user would: `PIVOT`, `a lambda`. */
  unsupported(construct: string, node: Located = {}): VolleyError {
    const position = this.position(node)
    const where = position === undefined ? '' : ` at character ${position}`
    return this.error('VOLLEY_UNSUPPORTED', `${construct} is not supported in SQL${where}`, node)
  }
}
