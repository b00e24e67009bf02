/** The plan of a stage for the batches that it gets, and what is known of its outputs. */

import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { describeColumns, type KnownSchemas, sameColumns } from '../../operators/called-outputs.js'
import type { ChainBody, FunctionBody, StagePlan } from '../../workers/stage-plan.js'

export type PlanBody = ChainBody | Omit<FunctionBody, 'schemas'>

export class StagePlans {
  private current: StagePlan | null = null
  private readonly fitting = new WeakSet<Schema>()

  /** `input` is null where the first batch decides. */
  constructor(
    readonly stage: string,
    readonly body: PlanBody,
    private input: Schema | null,
  ) {}

  /** The same object as long as nothing new is known. Throws VOLLEY_SCHEMA_MISMATCH for a batch of other columns. */
  of(input: Schema, known: KnownSchemas): StagePlan {
    const expected = this.checked(input)
    const { body, current, stage } = this
    if (current !== null && (body.kind === 'chain' || (current.body as FunctionBody).schemas === known)) return current
    const next: StagePlan = {
      stage,
      input: expected,
      body: body.kind === 'chain' ? body : { ...body, schemas: known },
    }
    this.current = next
    return next
  }

  private checked(input: Schema): Schema {
    this.input ??= input
    if (input === this.input || this.fitting.has(input)) return this.input
    if (!sameColumns(this.input, input)) throw mismatch(this.stage, this.input, input)
    this.fitting.add(input)
    return this.input
  }
}

function mismatch(stage: string, known: Schema, got: Schema): VolleyError {
  const [expected, actual] = [describeColumns(known), describeColumns(got)]
  return new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `stage '${stage}' gets a batch with columns (${actual}) where it expects (${expected})`,
    { stage, expected, actual },
  )
}
