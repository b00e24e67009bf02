/** One evaluation of expressions over the rows of a batch. */

import type { Batch, Vector } from '../../io/batch.js'
import { unreachable } from '../../planner/errors.js'
import type { TypedExpression } from '../../planner/expression.js'
import { expressionKey } from '../../planner/expression-tree.js'
import { BOOL, type DataType } from '../../planner/types.js'
import { asNull, blend } from './functions/blend.js'
import { fromValues } from './functions/by-row.js'
import { castVector } from './functions/cast.js'
import { orElse } from './functions/conditional.js'
import { throughDictionary } from './functions/dictionary.js'
import { kleene } from './functions/logic.js'
import { bits, commonValidity, intersect, isConstantNull, result, validBits } from './functions/operands.js'
import { type KernelContext, type KernelFunction, RowError } from './kernel.js'
import { kernelFor } from './registry.js'
import { expand, plain, type Selection, selectionOf, take } from './vectors.js'

type Call = Extract<TypedExpression, { kind: 'call' }>
type Cast = Extract<TypedExpression, { kind: 'cast' }>
type Case = Extract<TypedExpression, { kind: 'case' }>

/** Keys of expressions, by which equal ones are computed once. */
const keys = new WeakMap<TypedExpression, string>()

function keyOf(expression: TypedExpression): string {
  let key = keys.get(expression)
  if (key === undefined) {
    key = expressionKey(expression)
    keys.set(expression, key)
  }
  return key
}

/**
 * Computes expressions over one set of rows, each different one once. All results lie in scratch or share the buffers
 * of columns.
 *
 * Branches of conditionals are computed for all rows first, which is fastest; only if a value fails there are they
 * computed again, each on the rows that take it, to find out whether the failure counts.
 */
export class Evaluation {
  private readonly known = new Map<string, Vector>()

  private constructor(
    private readonly context: KernelContext,
    private readonly length: number,
    private readonly column: (index: number) => Vector,
  ) {}

  static over(context: KernelContext, batch: Batch): Evaluation {
    return new Evaluation(context, batch.length, (index) => batch.columns[index])
  }

  /** An evaluation over some of the rows, which reads only the columns it needs. */
  private on(rows: Selection): Evaluation {
    const columns = new Map<number, Vector>()
    return new Evaluation(this.context, rows.count, (index) => {
      const taken = columns.get(index) ?? take(this.context, this.column(index), rows.indices, rows.count)
      columns.set(index, taken)
      return taken
    })
  }

  evaluate(expression: TypedExpression): Vector {
    if (expression.kind === 'column') return this.column(expression.index)
    const key = keyOf(expression)
    const known = this.known.get(key)
    if (known !== undefined) return known
    const computed = this.compute(expression)
    this.known.set(key, computed)
    return computed
  }

  private compute(expression: Exclude<TypedExpression, { kind: 'column' }>): Vector {
    const { context, length } = this
    if (length === 0) return fromValues(context, expression.type, [])
    switch (expression.kind) {
      case 'literal':
        return { ...fromValues(context, expression.type, [expression.value]), length, constant: true }
      case 'cast': {
        const argument = this.evaluate(expression.argument)
        const { type, try: tolerant } = expression
        return this.apply(expression, [argument], true, ([source], rows) =>
          castVector(context, source, type, tolerant, rows),
        )
      }
      case 'call':
        return this.call(expression)
      case 'case':
        return unlessFailing(
          () => this.blendedCase(expression),
          () => this.separateCase(expression),
        )
      default:
        return unreachable(expression)
    }
  }

  private call(expression: Call): Vector {
    const called = kernelFor(expression.function)
    switch (expression.function) {
      case 'and':
      case 'or': {
        const connective = expression.function
        return unlessFailing(
          () => this.function(called, expression),
          () => this.separateConnective(connective, expression.arguments),
        )
      }
      case 'coalesce':
        return unlessFailing(
          () => this.function(called, expression),
          () => this.separateCoalesce(expression.arguments, expression.type),
        )
      default:
        return this.function(called, expression)
    }
  }

  private function(called: KernelFunction, expression: Call): Vector {
    const { arguments: inputs, type } = expression
    const parameters = inputs.map((input) => this.evaluate(input))
    return this.apply(expression, parameters, called.nullPropagating !== false, (vectors, rows) =>
      called.evaluate(this.context, vectors, type, rows),
    )
  }

  /** Calls a kernel on as little as decides the result: nothing for null, one row for constants, a dictionary. */
  private apply(
    expression: Call | Cast,
    parameters: readonly Vector[],
    nullPropagating: boolean,
    kernel: (parameters: readonly Vector[], rows: number) => Vector,
  ): Vector {
    const { context, length } = this
    if (nullPropagating && parameters.some((parameter) => isConstantNull(context, parameter))) {
      return { ...fromValues(context, expression.type, [null]), length, constant: true }
    }
    if (parameters.every((parameter) => parameter.constant)) {
      const single = parameters.map((parameter) => ({ ...parameter, length: 1 }))
      return { ...kernel(single, 1), length, constant: true, blocks: [] }
    }
    // Membership in constants is null for null as well.
    const byEntry = nullPropagating || (expression.kind === 'call' && expression.function === 'isIn')
    if (!byEntry) return kernel(parameters, length)
    const encoded = parameters.findIndex((parameter) => parameter.dictionary !== null && !parameter.constant)
    const dictionary = encoded < 0 ? null : parameters[encoded].dictionary
    const alone = parameters.every((parameter, i) => i === encoded || parameter.constant)
    if (dictionary !== null && alone && dictionary.length <= length) {
      return unlessFailing(
        () =>
          throughDictionary(context, parameters[encoded], dictionary, keyOf(expression), (entries) =>
            kernel(parameters.with(encoded, entries), entries.length),
          ),
        () => this.rowByRow(parameters, kernel),
      )
    }
    return nullPropagating ? this.rowByRow(parameters, kernel) : kernel(parameters, length)
  }

  /** Calls a kernel for all rows and makes null those where a parameter is. */
  private rowByRow(
    parameters: readonly Vector[],
    kernel: (parameters: readonly Vector[], rows: number) => Vector,
  ): Vector {
    const { context, length } = this
    const values = kernel(
      parameters.map((parameter) => plain(context, parameter)),
      length,
    )
    const common = commonValidity(context, parameters, length)
    if (common === 0) return values
    const full = expand(context, { ...values, length })
    const validity = intersect(context, common, full.validity, length)
    return validity === full.validity ? full : { ...full, validity, blocks: [] }
  }

  private blendedCase({ branches, otherwise, type }: Case): Vector {
    const { context, length } = this
    const conditions = branches.map((branch) => this.evaluate(branch.when))
    const outcomes = branches.map((branch) => this.evaluate(branch.then))
    return conditions.reduceRight((rest, condition, i) => {
      if (isConstantNull(context, condition)) return rest
      if (condition.constant) return (context.memory.u8[condition.values] & 1) === 1 ? outcomes[i] : rest
      return blend(context, trueBits(context, condition, length), outcomes[i], rest, type, length)
    }, this.evaluate(otherwise))
  }

  private separateCase({ branches, otherwise, type }: Case): Vector {
    const { context, length } = this
    let rest = allRows(context, length)
    let combined = asNull(context, { ...fromValues(context, type, [null]), length, constant: true })
    const place = (rows: Selection, outcome: TypedExpression) => {
      combined = this.placed(combined, rows, this.evaluateOn(rows, outcome), type)
    }
    for (const { when, then } of branches) {
      if (rest.count === 0) break
      const condition = this.evaluateOn(rest, when)
      place(within(context, rest, selectionOf(context, condition)), then)
      rest = within(context, rest, selectionOf(context, notTrue(context, condition, rest.count)))
    }
    place(rest, otherwise)
    return combined
  }

  /** AND and OR stop for a row at the first side that decides it. */
  private separateConnective(name: 'and' | 'or', sides: readonly TypedExpression[]): Vector {
    const { context, length } = this
    return sides.slice(1).reduce<Vector>((decided, side) => {
      const open = selectionOf(context, undecided(context, name, decided, length))
      const outcome = this.evaluateOn(open, side)
      const rest = { ...fromValues(context, BOOL, [name === 'or']), length, constant: true }
      return kleene(context, name, decided, this.placed(rest, open, outcome, BOOL), length)
    }, this.evaluate(sides[0]))
  }

  private separateCoalesce(choices: readonly TypedExpression[], type: DataType): Vector {
    const { context, length } = this
    return choices.slice(1).reduce<Vector>((found, choice) => {
      const [valid, step] = validBits(context, found)
      const missing = result(context, BOOL, length)
      context.wasm.bits_or_not(...zeroWord(context), valid, step, missing.values, length)
      const rows = selectionOf(context, missing)
      const nothing = asNull(context, { ...fromValues(context, type, [null]), length, constant: true })
      return orElse(context, found, this.placed(nothing, rows, this.evaluateOn(rows, choice), type), length)
    }, this.evaluate(choices[0]))
  }

  /** The expression on some rows; a failing row is reported by its number here. */
  private evaluateOn(rows: Selection, expression: TypedExpression): Vector {
    try {
      return this.on(rows).evaluate(expression)
    } catch (error) {
      if (!(error instanceof RowError)) throw error
      throw new RowError(error.code, error.message, this.context.memory.u32[rows.indices / 4 + error.row])
    }
  }

  /** `base` with `values` in place of its `rows`. */
  private placed(base: Vector, rows: Selection, values: Vector, type: DataType): Vector {
    const { context, length } = this
    if (rows.count === 0) return base
    const positions = context.scratch(length * 4)
    context.wasm.invert_selection(rows.indices, rows.count, positions, length)
    const mask = context.scratch(Math.ceil(length / 64) * 8)
    context.wasm.take_validity(0, positions, length, mask)
    const spread = take(context, values, positions, length, { nullable: true })
    return blend(context, mask, spread, base, type, length)
  }
}

/** Tries the fast way; a value that fails there may be one that the careful way never looks at. */
function unlessFailing(fast: () => Vector, careful: () => Vector): Vector {
  try {
    return fast()
  } catch (error) {
    if (error instanceof RowError) return careful()
    throw error
  }
}

/** Address of the bitmap of rows where a condition is true rather than false or null. */
function trueBits(context: KernelContext, condition: Vector, length: number): number {
  return intersect(context, condition.values, condition.validity, length)
}

function zeroWord(context: KernelContext): [address: number, step: number] {
  const address = context.scratch(8)
  context.memory.u8.fill(0, address, address + 8)
  return [address, 0]
}

/** True where the condition is false or null. */
function notTrue(context: KernelContext, condition: Vector, length: number): Vector {
  const out = result(context, BOOL, length)
  if (condition.type.kind === 'null') {
    context.wasm.bits_or_not(...zeroWord(context), ...zeroWord(context), out.values, length)
    return out
  }
  const [values, step] = bits(context, condition.values, condition.constant)
  context.wasm.bits_and(values, step, ...validBits(context, condition), out.values, length)
  context.wasm.bits_not(out.values, out.values, length)
  return out
}

/** True where AND is not false, or OR is not true. */
function undecided(context: KernelContext, name: 'and' | 'or', decided: Vector, length: number): Vector {
  if (name === 'or') return notTrue(context, decided, length)
  const out = result(context, BOOL, length)
  if (decided.type.kind === 'null') {
    context.wasm.bits_or_not(...zeroWord(context), ...zeroWord(context), out.values, length)
    return out
  }
  const values = bits(context, decided.values, decided.constant)
  context.wasm.bits_or_not(...values, ...validBits(context, decided), out.values, length)
  return out
}

function allRows(context: KernelContext, length: number): Selection {
  const indices = context.scratch(length * 4)
  context.wasm.take_sequence(0, length, indices)
  return { indices, count: length }
}

/** The rows that a selection among the rows of another one stands for. */
function within(context: KernelContext, rows: Selection, chosen: Selection): Selection {
  const indices = context.scratch(chosen.count * 4)
  context.wasm.take_32(rows.indices, chosen.indices, chosen.count, indices)
  return { indices, count: chosen.count }
}
