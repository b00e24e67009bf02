/** What definitions of pipelines need of this machine. */

import { resolve } from 'node:path'
import { formatOfPath } from '../../io/file-format.js'
import { VolleyError } from '../../planner/errors.js'
import type { DefinitionEnvironment } from '../../planner/pipeline/define/environment.js'

export function environmentOf(directory = process.cwd()): DefinitionEnvironment {
  const from = resolve(directory)
  return {
    directory: from,
    resolve: (path) => (/^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? path : resolve(from, path)),
    formatOf: formatOfPath,
    load: (path) => {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `${path}: a pipeline in code takes another as a builder, not as a file`,
      )
    },
  }
}
