/** The JSON Schema of pipelines in YAML, for editors: docs/pipeline.schema.json. */

import { PIPELINE } from './pipeline-shape.js'
import { type JsonSchema, jsonSchemaOf } from './shape/json-schema.js'

export function pipelineSchema(): JsonSchema {
  return jsonSchemaOf(
    { kind: 'reference', name: 'pipeline', shape: () => PIPELINE },
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'volley pipeline',
      description: 'A pipeline of volley: extract, transform and load, or a graph of stages',
    },
  )
}
