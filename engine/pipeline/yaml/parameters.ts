/** Parameters of a pipeline, and the texts in which their values stand: `{{ day }}`, `{{ env.HOME }}`. */

import { nearestName } from '../../../planner/errors.js'
import type { Problem } from '../../../planner/pipeline/shape/shape.js'

type ParameterType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'list'
export type ParameterValue = string | number | boolean | null | readonly (string | number | boolean | null)[]

/** As a pipeline declares it; a scalar is a default. */
export interface ParameterSpecification {
  readonly type?: ParameterType
  readonly default?: ParameterValue
  readonly required?: boolean
  readonly choices?: readonly ParameterValue[]
}

export interface ResolvedParameters {
  readonly values: Readonly<Record<string, ParameterValue>>
  readonly types: Readonly<Record<string, ParameterType>>
}

type Report = (message: string, path: readonly (string | number)[], expected?: string) => void

/** `given` may be text, as of a command line. What is wrong is reported with its place in the pipeline. */
export function resolveParameters(
  declared: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
  report: Report,
): ResolvedParameters {
  const values: Record<string, ParameterValue> = {}
  const types: Record<string, ParameterType> = {}
  for (const [name, one] of Object.entries(declared)) {
    const parameter = specificationOf(one)
    const { type = 'string', choices } = parameter
    const path = ['params', name]
    types[name] = type
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default
    if (value === undefined) {
      if (parameter.required !== false)
        report(`parameter '${name}' needs a value`, path, `${type}: --param ${name}=...`)
      values[name] = null
      continue
    }
    const converted = convert(value, type)
    if (converted === undefined) report(`parameter '${name}': ${JSON.stringify(value)} is no ${type}`, path, type)
    else if (choices !== undefined && !choices.includes(converted as string)) {
      report(
        `parameter '${name}': ${JSON.stringify(value)} is none of its choices, ${choices.join(', ')}`,
        path,
        choices.join(', '),
      )
    }
    values[name] = converted ?? null
  }
  const names = Object.keys(declared)
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(declared, name)) continue
    const near = nearestName(name, names)
    report(
      `there is no parameter '${name}'${near === null ? '' : `; did you mean '${near}'?`}`,
      ['params'],
      names.length === 0 ? 'no parameters' : `one of ${names.join(', ')}`,
    )
  }
  return { values, types }
}

function specificationOf(given: unknown): ParameterSpecification {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as ParameterSpecification
  const value = given as ParameterValue
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number', default: value }
  if (typeof value === 'boolean') return { type: 'boolean', default: value }
  return { default: value }
}

/** Undefined if it is no value of the type. */
function convert(value: unknown, type: ParameterType): ParameterValue | undefined {
  if (value === null) return null
  switch (type) {
    case 'string':
      return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
      return type === 'number' || Number.isSafeInteger(number) ? number : undefined
    }
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true'
      return typeof value === 'boolean' ? value : undefined
    case 'date': {
      const text = value instanceof Date ? value.toISOString().slice(0, 10) : value
      if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
      const time = Date.parse(text)
      return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : undefined
    }
    case 'list':
      if (Array.isArray(value)) return value as ParameterValue
      return typeof value === 'string' ? value.split(',').map((one) => one.trim()) : undefined
  }
}

const SUBSTITUTION = /\{\{(.*?)\}\}/gs
const EXPRESSION = /^\s*(?:(env|params)\.)?([A-Za-z_][\w-]*)\s*(?::-([^|]*))?(?:\|\s*(\w+)\s*)?$/s

/**
 * The same data with all substitutions done. A text that is nothing but one becomes its value, of whatever type; in a
 * longer text it becomes text. `| sql` makes a literal of it. Nothing that is put in is looked at again.
 */
export function substitute(
  value: unknown,
  parameters: ResolvedParameters,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const visit = (one: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof one === 'string') return inText(one, path)
    if (Array.isArray(one)) return one.map((item: unknown, index) => visit(item, [...path, index]))
    if (typeof one !== 'object' || one === null || one instanceof Date) return one
    return Object.fromEntries(Object.entries(one).map(([name, item]) => [name, visit(item, [...path, name])]))
  }
  const inText = (text: string, path: readonly (string | number)[]): unknown => {
    const parts = [...text.matchAll(SUBSTITUTION)]
    if (parts.length === 1 && parts[0][0] === text.trim()) return substituteOf(parts[0][1], path)
    return text.replace(SUBSTITUTION, (_, inner: string) => asText(substituteOf(inner, path)))
  }
  const substituteOf = (inner: string, path: readonly (string | number)[]): ParameterValue => {
    const report = (message: string, expected: string | null) =>
      problems.push({ path, atKey: false, message, expected })
    const match = EXPRESSION.exec(inner)
    if (match === null) {
      report(
        `{{${inner}}} is no substitution`,
        '{{ name }}, {{ env.NAME }}, {{ env.NAME:-default }} or {{ name | sql }}',
      )
      return null
    }
    const [, scope, name, otherwise, filter] = match
    const found = scope === 'env' ? environment[name] : parameters.values[name]
    if (filter !== undefined && filter !== 'sql') report(`there is no filter '${filter}'`, 'sql')
    if (scope !== 'env' && !Object.hasOwn(parameters.types, name)) {
      const near = nearestName(name, Object.keys(parameters.types))
      report(
        `there is no parameter '${name}'${near === null ? '' : `; did you mean '${near}'?`}`,
        `a name of params, or env.${name} for a variable of the environment`,
      )
      return null
    }
    const value = found === undefined || found === null || found === '' ? (otherwise?.trim() ?? found) : found
    if (value === undefined) {
      report(`the environment has no variable ${name}`, `${name} to be set, or {{ env.${name}:-default }}`)
      return null
    }
    return filter === 'sql' ? literal(value, scope === 'env' ? 'string' : parameters.types[name]) : value
  }
  return { value: visit(value, []), problems }
}

function asText(value: ParameterValue): string {
  return Array.isArray(value) ? value.join(', ') : String(value ?? '')
}

function literal(value: ParameterValue, type: ParameterType): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'string') {
    return type === 'date' ? `DATE ${quoted(value)}` : type === 'list' ? `(${quoted(value)})` : quoted(value)
  }
  return `(${value.map((one) => literal(one, 'string')).join(', ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
