/** Casts of vectors: numbers and times by kernels, text and rare pairs through the reference, row by row. */

import { type Vector, vector } from '../../../io/batch.js'
import { type DataType, decimal, INT64, isNumeric, type TimeUnit, typesEqual } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { castScalar } from '../scalar/cast.js'
import { plain } from '../vectors.js'
import { evaluateByRow, fromValues } from './by-row.js'
import { compareToZero } from './comparison.js'
import { checkPrecision, multiplyDecimals, narrow } from './decimal.js'
import { commonValidity, laneOf, operand, result } from './operands.js'

/**
 * The values as another type, without the validity of the source, which stays that of the result but for what a
 * tolerant cast makes null. Throws `RowError` for the first valid row that cannot be cast, unless `tolerant`.
 */
export function castVector(
  context: KernelContext,
  source: Vector,
  type: DataType,
  tolerant: boolean,
  length: number,
): Vector {
  if (typesEqual(source.type, type)) return source
  const fast = castByKernel(context, source, type, length)
  if (fast !== null) return fast
  const reference = ([value]: readonly Parameters<typeof castScalar>[0][]) =>
    castScalar(value, source.type, type, tolerant)
  return evaluateByRow(context, reference, [plain(context, source)], type, length)
}

/** Null if there is no kernel, or a valid value fails: the reference then tells what that means. */
function castByKernel(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  const from = source.type
  if (from.kind === 'bool' && isNumeric(type)) return castBits(context, source, type, length)
  if (from.kind === 'decimal') return castDecimal(context, source, type, length)
  if (isNumeric(from)) return castNumber(context, source, type, length)
  return castTime(context, source, type, length)
}

function castBits(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  const bytes = result(context, { kind: 'int', bits: 8, signed: true }, length)
  context.wasm.bits_to_i8(source.values, bytes.values, length)
  return typesEqual(bytes.type, type)
    ? bytes
    : castNumber(context, { ...bytes, validity: source.validity }, type, length)
}

/** Integers and floats. */
function castNumber(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  if (type.kind === 'bool') return compareToZero(context, source, length)
  const validity = commonValidity(context, [source], length)
  if (type.kind === 'int' || type.kind === 'float') return convert(context, source, type, length)
  if (type.kind !== 'decimal') return null
  if (source.type.kind === 'float') {
    if (type.precision > 18) return null
    const out = result(context, type, length, 8)
    const kernel = `${laneOf(source)}_to_d64`
    const failed = context.wasm[kernel](source.values, out.values, length, type.scale, type.precision, validity)
    return failed < 0 ? out : null
  }
  const whole = convert(context, source, INT64, length)
  if (whole === null) return null
  return rescale(context, { ...whole, type: decimal(19, 0), validity: source.validity }, type, length)
}

/** A conversion between lanes; the same bits where source and target have one lane. */
function convert(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  const out = result(context, type, length)
  const [from, to] = [laneOf(source), laneOf(out)]
  if (from === to) return { ...source, type, blocks: [] }
  const failed = context.wasm[`${from}_to_${to}`](
    ...[source.values, out.values, length, commonValidity(context, [source], length)],
  )
  return failed < 0 ? out : null
}

function castDecimal(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  if (source.type.kind !== 'decimal') return null
  if (type.kind === 'bool') return compareToZero(context, source, length)
  if (type.kind === 'decimal') return rescale(context, source, type, length)
  const narrowed = narrow(context, source)
  if (narrowed.width === 16) return null
  if (type.kind === 'float' && source.type.scale <= 18) {
    const out = result(context, type, length)
    context.wasm[`d64_to_${laneOf(out)}`](narrowed.values, out.values, length, source.type.scale)
    return out
  }
  if (type.kind !== 'int') return null
  const whole = shorten(context, narrowed, source.type.scale, decimal(19, 0), length)
  return whole && convert(context, { ...whole, type: INT64, validity: source.validity }, type, length)
}

/** Divides by a power of ten, half away from zero. */
function shorten(
  context: KernelContext,
  source: Vector,
  digits: number,
  type: DataType,
  length: number,
): Vector | null {
  if (digits === 0) return { ...source, type, blocks: [] }
  if (digits > 18) return null
  const out = result(context, type, length, 8)
  context.wasm.shorten_d64(source.values, out.values, length, digits, 0)
  return out
}

/** Decimals in another scale and precision. */
function rescale(
  context: KernelContext,
  source: Vector,
  type: Extract<DataType, { kind: 'decimal' }>,
  length: number,
): Vector | null {
  if (source.type.kind !== 'decimal') return null
  const shift = type.scale - source.type.scale
  if (shift === 0 && type.precision >= source.type.precision) return { ...source, type, blocks: [] }
  const validity = commonValidity(context, [source], length)
  const narrowed = narrow(context, source)
  if (shift < 0) {
    if (narrowed.width === 16) return null
    const shorter = shorten(context, narrowed, -shift, type, length)
    return shorter && unlessFailed(checkPrecision(context, shorter, validity, type))
  }
  const factor = fromValues(context, decimal(shift + 1, 0), [10n ** BigInt(shift)])
  const factors = { ...factor, constant: true, length }
  return unlessFailed(multiplyDecimals(context, [source, factors], type, length))
}

function unlessFailed(checked: ReturnType<typeof checkPrecision>): Vector | null {
  return 'vector' in checked ? checked.vector : null
}

const PER_SECOND: Record<TimeUnit, number> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 }

/** Dates, timestamps and durations. */
function castTime(context: KernelContext, source: Vector, type: DataType, length: number): Vector | null {
  const from = source.type
  if (from.kind === 'date' && type.kind === 'timestamp') {
    const days = convert(context, { ...source, type: { kind: 'int', bits: 32, signed: true } }, INT64, length)
    return days && scaleBy(context, days, 86_400 * PER_SECOND[type.unit], type, length)
  }
  if (from.kind === 'timestamp' && type.kind === 'date') {
    if (from.unit === 'ns') return null
    const out = result(context, type, length)
    const unitsPerDay = 86_400 * PER_SECOND[from.unit]
    const validity = commonValidity(context, [source], length)
    const failed = context.wasm.timestamp_to_date(source.values, out.values, length, unitsPerDay, validity)
    return failed < 0 ? out : null
  }
  if (from.kind === 'timestamp' && type.kind === 'time' && from.unit === 'us' && type.unit === 'us') {
    const out = result(context, type, length)
    context.wasm.timestamp_to_time(source.values, out.values, length)
    return out
  }
  const alike = from.kind === type.kind && (from.kind === 'timestamp' || from.kind === 'duration')
  if (!alike || (type.kind !== 'timestamp' && type.kind !== 'duration')) return null
  const factor = PER_SECOND[type.unit] / PER_SECOND[from.unit]
  if (factor >= 1) return scaleBy(context, source, factor, type, length)
  const out = result(context, type, length)
  if (from.unit === 'ns' && type.unit === 'us') context.wasm.cut_i64(source.values, out.values, length, 1000)
  else if (from.unit === 'us') context.wasm.round_i64(source.values, out.values, length, 1 / factor)
  else return null
  return out
}

/** Multiplies int64 by a positive constant; null if a valid product does not fit. */
function scaleBy(
  context: KernelContext,
  source: Vector,
  factor: number,
  type: DataType,
  length: number,
): Vector | null {
  if (factor === 1) return { ...source, type, blocks: [] }
  const factors = { ...fromValues(context, INT64, [BigInt(factor)]), constant: true, length }
  const out = vector(type, length, { values: result(context, INT64, length).values })
  const operands = [...operand(context, source), ...operand(context, factors)]
  const failed = context.wasm.mul_i64(...operands, out.values, length, commonValidity(context, [source], length))
  return failed < 0 ? out : null
}
