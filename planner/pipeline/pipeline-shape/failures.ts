/** Shapes of what becomes of work and of records that fail. */

import { either, named, number, object, optional, required, text, whole } from '../shape/shape.js'

export const errors = named(
  'errors',
  object('errors', {
    deadLetters: optional(text('a path'), 'Directory or Parquet file for records that could not be processed'),
    maxRate: optional(number(0, 1), 'The share of failed records that ends the run, from the hundredth record on'),
    maxCount: optional(whole(0), 'Failed records beyond which the run ends'),
    maxConsecutive: optional(whole(1), 'Failed records in a row at which the run ends'),
  }),
)

export const retries = named(
  'retries',
  either(
    whole(0),
    object('retries', {
      count: required(whole(0), 'How often work is done again at most'),
      backoffMs: optional(number(0), 'Milliseconds before the first repetition'),
      factor: optional(number(1), 'By which the wait grows'),
      jitter: optional(number(0, 1), 'The share of the wait that is left to chance'),
    }),
  ),
)
