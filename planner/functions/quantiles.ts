import { type DataType, isNested, isVariableLength } from '../types.js'

/** Whether a quantile lies between values; the median of what cannot be interpolated is one of the values. */
export function isInterpolated(name: string, type: DataType): boolean {
  return name !== 'quantileDisc' && !isVariableLength(type) && !isNested(type) && type.kind !== 'bool'
}

/**
 * The fraction as written, as a share of a power of ten: 0.07 × 100 is 7 and not a little more. Null if it has more than
 * nine decimal places.
 */
export function exactFraction(fraction: number): readonly [share: number, shares: number] | null {
  for (let shares = 1; shares <= 1e9; shares *= 10) {
    const share = Math.round(fraction * shares)
    if (share / shares === fraction) return [share, shares]
  }
  return null
}
