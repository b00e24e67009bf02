/** The schemas of a stage's outputs, port by port, as far as they are known. */

import type { Batch } from '../../../io/batch.js'
import { batchOfRecords, toRow } from '../../../io/records/row.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { MAIN_PORT } from '../../operators/call.js'
import { type CalledOutput, describeColumns, type KnownSchemas, sameColumns } from '../../operators/called-outputs.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Json, Output } from '../stage.js'

type Work = (known: KnownSchemas) => Promise<readonly CalledOutput[]>

export class OutputPorts {
  private known: KnownSchemas
  private hasBegun: boolean
  /** Settles when the call that decides has, or has failed. */
  private first: Promise<void> | null = null

  constructor(
    private readonly stage: string,
    declared: Schema | null,
    private readonly context: TaskContext,
  ) {
    this.known = declared === null ? {} : { [MAIN_PORT]: { schema: declared, isInferred: false } }
    this.hasBegun = declared !== null
  }

  /** What `work` puts out, each in the schema of its port. The others wait for the first call, which decides. */
  async outputs(work: Work): Promise<readonly Output[]> {
    while (!this.hasBegun) {
      if (this.first === null) return this.begin(work)
      await this.first
    }
    return this.settled(await work(this.known))
  }

  private begin(work: Work): Promise<readonly Output[]> {
    const outputs = work(this.known).then((called) => {
      const settled = this.settled(called)
      this.hasBegun = true
      return settled
    })
    const next = () => {
      this.first = null
    }
    this.first = outputs.then(next, next)
    return outputs
  }

  save(): Json {
    return this.known as unknown as Json
  }

  restore(state: Json): void {
    this.known = state as unknown as KnownSchemas
    this.hasBegun ||= Object.keys(this.known).length > 0
  }

  private settled(called: readonly CalledOutput[]): readonly Output[] {
    const outputs: Output[] = []
    try {
      for (const output of called) outputs.push({ port: output.port, batch: this.fitted(output) })
      return outputs
    } catch (error) {
      for (const { batch } of outputs) releaseBatch(this.context, batch)
      for (const { batch } of called.slice(outputs.length)) releaseBatch(this.context, batch)
      throw error
    }
  }

  /** Takes over the batch, unless it does not fit. */
  private fitted({ port, batch, isInferred }: CalledOutput): Batch {
    const known = this.known[port]
    if (known === undefined) {
      this.known = { ...this.known, [port]: { schema: batch.schema, isInferred } }
      return batch
    }
    if (sameColumns(known.schema, batch.schema)) return { ...batch, schema: known.schema }
    if (isInferred && known.isInferred) return this.converted(port, batch, known.schema)
    throw this.mismatch(port, known.schema, batch.schema)
  }

  /** Of calls under way together, a later one did not know yet what the first had found. */
  private converted(port: string, batch: Batch, schema: Schema): Batch {
    const known = new Set(schema.fields.map(({ name }) => name))
    if (!batch.schema.fields.every(({ name }) => known.has(name))) throw this.mismatch(port, schema, batch.schema)
    const records = Array.from({ length: batch.length }, (_, row) => toRow(this.context.memory, batch, row))
    const converted = batchOfRecords(schema, records, this.context)
    releaseBatch(this.context, batch)
    return converted
  }

  private mismatch(port: string, known: Schema, got: Schema): VolleyError {
    const [expected, actual] = [describeColumns(known), describeColumns(got)]
    return new VolleyError(
      'VOLLEY_SCHEMA_MISMATCH',
      `stage '${this.stage}', port '${port}': an output has columns (${actual}) where the first had (${expected}): declare a schema`,
      { stage: this.stage, port, expected, actual },
    )
  }
}
