/** Rows in a form that is the same whatever engine computed them, and their comparison. */

/**
 * Numbers are floating point and compare within a relative 1e-9, as engines add them up in different orders.
 * Everything exact is text: integers (of whatever type) and decimals without trailing zeros, dates as yyyy-mm-dd.
 */
export type Cell = string | number | null
export type Answer = readonly (readonly Cell[])[]

const TOLERANCE = 1e-9

export function numberCell(value: number): Cell {
  return Number.isInteger(value) ? String(value) : value
}

/** Canonical text of a decimal: `1.50` and `1.5` are one value. */
export function exactDecimal(text: string): string {
  if (!text.includes('.')) return text
  return text.replace(/\.?0+$/, '')
}

/** Null if equal, else the first difference. */
export function firstDifference(expected: Answer, actual: Answer): string | null {
  if (expected.length !== actual.length) return `expected ${expected.length} rows, got ${actual.length}`
  for (let row = 0; row < expected.length; row++) {
    for (let column = 0; column < Math.max(expected[row].length, actual[row].length); column++) {
      const [wanted, got] = [expected[row][column], actual[row][column]]
      if (!cellsEqual(wanted, got)) return `row ${row}, column ${column}: expected ${wanted}, got ${got}`
    }
  }
  return null
}

function cellsEqual(a: Cell | undefined, b: Cell | undefined): boolean {
  if (a === b) return true
  if (a === null || b === null || (typeof a !== 'number' && typeof b !== 'number')) return false
  const [x, y] = [Number(a), Number(b)]
  return Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
}
