/** Loads the modules that a pipeline names, to see that they are there and what their functions take. */

import { existsSync } from 'node:fs'
import { extname, isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { FunctionDefinition } from '../../../planner/pipeline/definition.js'

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts'])

/** @throws VolleyError VOLLEY_USER_FUNCTION if there is no such module or function. */
export async function loadFunction(
  definition: Extract<FunctionDefinition, { readonly kind: 'module' }>,
): Promise<(...parameters: never[]) => unknown> {
  const { module, function: name } = definition
  const exports = await load(module)
  const found = exports[name]
  if (typeof found === 'function') return found as (...parameters: never[]) => unknown
  const names = Object.keys(exports)
  const near = nearestName(
    name,
    names.filter((one) => typeof exports[one] === 'function'),
  )
  throw new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `module ${module} exports no function '${name}'${near === null ? '; it' : `; did you mean '${near}'? It`} exports: ${names.join(', ') || 'nothing'}`,
    { path: module, expected: 'a function', actual: found === undefined ? 'nothing' : typeof found },
  )
}

async function load(module: string): Promise<Readonly<Record<string, unknown>>> {
  if (isAbsolute(module) && !existsSync(module)) {
    throw new VolleyError('VOLLEY_USER_FUNCTION', `there is no module ${module}`, { path: module })
  }
  try {
    return (await import(isAbsolute(module) ? pathToFileURL(module).href : module)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `cannot load module ${module}: ${message}${typeScriptAdvice(module)}`,
      { path: module },
      cause,
    )
  }
}

/** Node.js 22.18 and later strip types and say so in `process.features`; earlier ones know no TypeScript. */
function typeScriptAdvice(module: string): string {
  if (!TYPESCRIPT.has(extname(module)) || 'typescript' in process.features) return ''
  return `. Node.js ${process.versions.node} loads no TypeScript: name the compiled .js file (npx tsc), or use Node.js 22.18 or later`
}
