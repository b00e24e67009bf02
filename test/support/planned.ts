/** Frames over tables that have columns but no rows: plans can be made and resolved, not run. */

import type { Schema as ArrowSchema } from 'apache-arrow'
import { fromArrowSchema, toArrowSchema } from '../../io/arrow/schema.js'
import { InternalError } from '../../planner/errors.js'
import { Frame, type FrameRuntime } from '../../planner/frame.js'
import type { LogicalPlan, ResolvedPlan } from '../../planner/logical-plan.js'
import { resolvePlan } from '../../planner/resolve.js'
import { parseTypeName } from '../../planner/type-names.js'
import { field, type Schema, schemaOf, typeName } from '../../planner/types.js'

const schemas = new Map<number, Schema>()

class PlanningRuntime implements FrameRuntime {
  private readonly closures: ((input: never) => unknown)[] = []

  async schema(plan: LogicalPlan): Promise<ArrowSchema> {
    return toArrowSchema(resolve(plan).schema)
  }

  explain = this.refuse
  collect = this.refuse
  stream = this.refuse
  rows = this.refuse
  count = this.refuse
  sink = this.refuse
  profile = this.refuse

  registerClosure(call: (input: never) => unknown): number {
    return this.closures.push(call)
  }

  strategyNames(): readonly string[] {
    return ['auto', 'row', 'bulk', 'bigdata']
  }

  toSchema(schema: ArrowSchema): Schema {
    return fromArrowSchema(schema)
  }

  private refuse(): never {
    throw new InternalError('these frames only plan')
  }
}

const runtime = new PlanningRuntime()

/** A frame over a table with columns of these types; all may be null but those whose type ends with `!`. */
export function table(columns: Readonly<Record<string, string>>): Frame {
  const id = schemas.size
  const fields = Object.entries(columns).map(([name, type]) =>
    field(name, parseTypeName(type.replace('!', '')), !type.endsWith('!')),
  )
  schemas.set(id, schemaOf(fields))
  return tableOf(id)
}

export function tableWith(schema: Schema): Frame {
  const id = schemas.size
  schemas.set(id, schema)
  return tableOf(id)
}

function tableOf(id: number): Frame {
  return new Frame({ kind: 'scan', source: { id, format: 'memory', label: `table ${id}` } }, runtime)
}

export function resolve(plan: LogicalPlan): ResolvedPlan {
  return resolvePlan(plan, (source) => schemas.get(source.id) ?? schemaOf([]))
}

/** `name TYPE` of each column, with `!` where it is never null. */
export function columnsOf(frame: Frame): string[] {
  return resolve(frame.plan).schema.fields.map(
    ({ name, type, nullable }) => `${name} ${typeName(type)}${nullable ? '' : '!'}`,
  )
}

/** The kinds of operators from the top down along the first inputs. */
export function shapeOf(frame: Frame): string[] {
  const kinds: string[] = []
  for (let plan: ResolvedPlan | null = resolve(frame.plan); plan !== null; plan = inputOf(plan)) kinds.push(plan.kind)
  return kinds
}

function inputOf(plan: ResolvedPlan): ResolvedPlan | null {
  if ('input' in plan) return plan.input
  if (plan.kind === 'join') return plan.left
  return plan.kind === 'union' ? plan.inputs[0] : null
}
