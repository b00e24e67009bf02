/** Which sources are sooner kept than read again. */

import type { SourceDefinition } from '../../../planner/pipeline/definition.js'

/** False of what is there already, and of files of which plans read only what they need. */
export function isCostly(source: SourceDefinition): boolean {
  switch (source.kind) {
    case 'http':
    case 'database':
    case 'function':
      return true
    case 'file':
      return source.format === 'csv' || source.format === 'ndjson'
    case 'records':
      return !Array.isArray(source.records)
    case 'frame':
    case 'input':
      return false
  }
}
