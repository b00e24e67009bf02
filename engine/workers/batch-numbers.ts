/**
 * Batches as lists of numbers: what crosses between threads for batches whose schema both sides know. Copying a list costs
 * a fraction of what copying the objects of a descriptor does.
 *
 *   batch    rows, then its columns
 *   vector   flags, width, rows, validity, offsets, values, number of blocks, blocks..., children..., dictionary
 */

import { type Batch, childTypes, type Vector } from '../../io/batch.js'
import type { DataType, Schema } from '../../planner/types.js'
import type { CalledOutput, KnownSchema, KnownSchemas } from '../operators/called-outputs.js'

const CONSTANT = 1
const ENCODED = 2

export function batchNumbers({ length, columns }: Batch): number[] {
  const numbers = [length]
  for (const column of columns) write(column, numbers)
  return numbers
}

/** The batch that `batchNumbers` wrote. */
export function batchOfNumbers(schema: Schema, numbers: readonly number[]): Batch {
  const reader = new Reader(numbers)
  const length = reader.next()
  return { schema, length, columns: schema.fields.map(({ type }) => reader.vector(type)) }
}

function write(vector: Vector, numbers: number[]): void {
  const { blocks, children, dictionary } = vector
  const flags = (vector.constant ? CONSTANT : 0) | (dictionary === null ? 0 : ENCODED)
  numbers.push(flags, vector.width, vector.length, vector.validity, vector.offsets, vector.values, blocks.length)
  for (const block of blocks) numbers.push(block)
  for (const child of children) write(child, numbers)
  if (dictionary !== null) write(dictionary, numbers)
}

const NO_VECTORS: readonly Vector[] = Object.freeze([])
const NO_TYPES: readonly DataType[] = Object.freeze([])

class Reader {
  private at = 0

  constructor(private readonly numbers: readonly number[]) {}

  next(): number {
    return this.numbers[this.at++]
  }

  vector(type: DataType): Vector {
    const flags = this.next()
    const width = this.next()
    const length = this.next()
    const validity = this.next()
    const offsets = this.next()
    const values = this.next()
    const count = this.next()
    const blocks = this.numbers.slice(this.at, this.at + count)
    this.at += count
    // Encoded, a nested column has its values in the dictionary alone.
    const encoded = (flags & ENCODED) !== 0
    const types = encoded ? NO_TYPES : childTypes(type)
    const children = types.length === 0 ? NO_VECTORS : types.map((child) => this.vector(child))
    const dictionary = encoded ? this.vector(type) : null
    const constant = (flags & CONSTANT) !== 0
    return { type, length, validity, offsets, values, width, children, dictionary, constant, blocks }
  }
}

/** An output of a stage, whose batch is as `batchNumbers` writes it. */
export interface PackedOutput {
  readonly port: string
  readonly batch: readonly number[]
  /** Null if it is the one that the stage's plan knows. */
  readonly schema: KnownSchema | null
}

/** `known` are the schemas that whoever unpacks it knows, too. */
export function packOutput({ port, batch, isInferred }: CalledOutput, known: KnownSchemas): PackedOutput {
  const schema = Object.hasOwn(known, port) ? null : { schema: batch.schema, isInferred }
  return { port, batch: batchNumbers(batch), schema }
}

export function unpackOutput({ port, batch, schema }: PackedOutput, known: KnownSchemas): CalledOutput {
  const found = schema ?? known[port]
  return { port, batch: batchOfNumbers(found.schema, batch), isInferred: found.isInferred }
}
