/** A shape as JSON Schema (draft 2020-12), for editors. */

import { unreachable } from '../../errors.js'
import type { ObjectShape, Shape, VariantsShape } from './shape.js'

export type JsonSchema = { readonly [name: string]: unknown }

/** A parameter or a variable of the environment, in the place of a value. */
const SUBSTITUTE: JsonSchema = { type: 'string', pattern: '\\{\\{.*\\}\\}' }

export function jsonSchemaOf(root: Shape, head: JsonSchema): JsonSchema {
  const definitions: Record<string, JsonSchema> = {}
  const schemaOf = (shape: Shape): JsonSchema => {
    switch (shape.kind) {
      case 'text':
        return { type: 'string', minLength: 1, ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }) }
      case 'number':
        return substitutable({
          type: shape.whole ? 'integer' : 'number',
          minimum: shape.least,
          ...(shape.most === undefined ? {} : { maximum: shape.most }),
        })
      case 'boolean':
        return substitutable({ type: 'boolean' })
      case 'true':
        return { const: true }
      case 'choice':
        return substitutable({ enum: shape.choices })
      case 'scalar':
        return { type: ['string', 'number', 'boolean', 'null'] }
      case 'data':
        return {}
      case 'list':
        return { type: 'array', items: schemaOf(shape.of) }
      case 'entries':
        return { type: 'object', additionalProperties: schemaOf(shape.of) }
      case 'object':
        return objectSchema(shape)
      case 'either': {
        const alternatives = shape.of.filter((one) => one.kind !== 'code').map(schemaOf)
        return alternatives.length === 1 ? alternatives[0] : { anyOf: alternatives }
      }
      case 'variants':
        return variantsSchema(shape)
      case 'reference':
        if (!Object.hasOwn(definitions, shape.name)) {
          definitions[shape.name] = {}
          definitions[shape.name] = schemaOf(shape.shape())
        }
        return { $ref: `#/$defs/${shape.name}` }
      case 'code':
        return { not: {} }
      default:
        return unreachable(shape)
    }
  }

  const objectSchema = (shape: ObjectShape, tag: Readonly<Record<string, JsonSchema>> = {}): JsonSchema => {
    const fields = Object.entries(shape.fields).filter(([, field]) => field.shape.kind !== 'code')
    const required = fields.filter(([, field]) => field.required === true).map(([name]) => name)
    const properties = fields.map(
      ([name, { shape: of, description }]) => [name, { description, ...schemaOf(of) }] as const,
    )
    const groups = (shape.oneOf ?? []).map((group) => ({ oneOf: group.map((name) => ({ required: [name] })) }))
    return {
      type: 'object',
      properties: { ...tag, ...Object.fromEntries(properties) },
      ...(required.length === 0 ? {} : { required }),
      ...(groups.length === 0 ? {} : { allOf: groups }),
      additionalProperties: false,
    }
  }

  const variantsSchema = ({ tag, variants }: VariantsShape): JsonSchema => ({
    anyOf: variants.map(({ names, impliedBy, shape }) => {
      const schema = objectSchema(shape, { [tag]: names.length === 1 ? { const: names[0] } : { enum: names } })
      const told = [tag, ...impliedBy].map((name) => ({ required: [name] }))
      return told.length === 1
        ? { ...schema, ...told[0], required: [...requiredOf(schema), tag] }
        : withAny(schema, told)
    }),
  })

  const schema = schemaOf(root)
  return { ...head, ...schema, ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }) }
}

function requiredOf(schema: JsonSchema): readonly string[] {
  return Array.isArray(schema.required) ? (schema.required as string[]) : []
}

function withAny(schema: JsonSchema, anyOf: readonly JsonSchema[]): JsonSchema {
  return { ...schema, anyOf }
}

function substitutable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, SUBSTITUTE] }
}
