/** The shape of where a stage runs. */

import { choice, either, type FieldShape, named, object, optional, whole } from '../shape/shape.js'
import { duration, names, size } from './values.js'

const PLACEMENTS: Readonly<Record<string, Readonly<Record<string, FieldShape>>>> = {
  inline: {},
  threads: { maxThreads: optional(whole(1), 'Batches at once at most') },
  snapshot: {
    maxThreads: optional(whole(1), 'Workers at once at most'),
    accumulateMax: optional(whole(1), 'Batches that one worker gets'),
  },
  process: {
    maxProcesses: optional(whole(1), 'Child processes'),
    retries: optional(whole(0), 'How often a batch is done again whose process ended'),
    timeout: optional(duration, 'For one batch'),
    memoryLimit: optional(size, 'Of one process, which is replaced when it takes more'),
  },
  actor: {
    actors: optional(whole(1), 'Threads with state'),
    key: optional(names, 'Columns: batches of the same key go to the same actor'),
  },
}

export const placement = named(
  'placement',
  either(choice(...Object.keys(PLACEMENTS)), {
    kind: 'variants',
    what: 'a placement',
    tag: 'kind',
    variants: Object.entries(PLACEMENTS).map(([name, fields]) => ({
      names: [name],
      impliedBy: [],
      shape: object(`a placement '${name}'`, fields),
    })),
  }),
)
