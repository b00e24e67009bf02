/** Turns what a user names (a file, a list, a glob, a directory) into the files to read, in a stable order. */

import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { VolleyError } from '../planner/errors.js'
import { readError } from './file-errors.js'

/**
 * Files of a path, a glob (`*`, `?`, `[a-z]`, `{a,b}`, `**`) or a directory, or of a list of them, each sorted by path.
 * Of directories, all files below with one of `extensions` (`.parquet`, lower case), hidden ones and those whose name
 * starts with `_` excepted. Throws VOLLEY_FILE_NOT_FOUND if one names nothing.
 */
export function expandPaths(input: string | readonly string[], extensions: readonly string[]): string[] {
  const inputs = typeof input === 'string' ? [input] : input
  if (inputs.length === 0) throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'an empty list of files was given')
  return inputs.flatMap((path) => expandOne(path, extensions))
}

function expandOne(path: string, extensions: readonly string[]): string[] {
  // A file may be named like a pattern.
  if (existsSync(path)) return isDirectory(path) ? filesBelow(path, extensions) : [path]
  if (!isGlob(path)) throw new VolleyError('VOLLEY_FILE_NOT_FOUND', `${path}: no such file`, { path })
  const matches = glob(path)
  if (matches.length === 0) throw new VolleyError('VOLLEY_FILE_NOT_FOUND', `${path}: no file matches`, { path })
  return matches
}

function isGlob(path: string): boolean {
  return /[*?[{]/.test(path)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw readError(path, error)
  }
}

function filesBelow(directory: string, extensions: readonly string[]): string[] {
  const found: string[] = []
  const visit = (path: string): void => {
    for (const entry of entriesOf(path)) {
      if (isSkipped(entry.name)) continue
      const child = join(path, entry.name)
      if (isDirectoryEntry(entry, child)) visit(child)
      else if (extensions.some((extension) => entry.name.toLowerCase().endsWith(extension))) found.push(child)
    }
  }
  visit(directory)
  if (found.length === 0) {
    const message = `${directory}: the directory holds no ${extensions.join(' or ')} file`
    throw new VolleyError('VOLLEY_FILE_NOT_FOUND', message, { path: directory })
  }
  return found.sort(compare)
}

/** Hidden files, and what other tools leave in data directories (`_SUCCESS`, `_temporary`). */
function isSkipped(name: string): boolean {
  return name.startsWith('.') || (name.startsWith('_') && !name.includes('='))
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    throw readError(path, error)
  }
}

function isDirectoryEntry(entry: Dirent, path: string): boolean {
  return entry.isDirectory() || (entry.isSymbolicLink() && existsSync(path) && isDirectory(path))
}

/** Files that match a pattern; directories only where `**` or a further part goes through them. */
function glob(pattern: string): string[] {
  const parts = pattern.split('/')
  const isAbsolute = parts[0] === ''
  const matches = new Set<string>()
  const visit = (base: string, index: number): void => {
    const part = parts[index]
    const isLast = index === parts.length - 1
    if (part === '**') {
      if (!isLast) visit(base, index + 1)
      for (const entry of listed(base)) {
        if (entry.name.startsWith('.')) continue
        const child = joined(base, entry.name)
        if (isDirectoryEntry(entry, child)) visit(child, index)
        else if (isLast) matches.add(child)
      }
      return
    }
    if (!isGlob(part)) {
      const child = joined(base, part)
      if (!existsSync(child)) return
      if (!isLast) visit(child, index + 1)
      else if (!isDirectory(child)) matches.add(child)
      return
    }
    const matcher = matcherOf(part)
    for (const entry of listed(base)) {
      // As in a shell, a pattern finds hidden files only if it starts with a point itself.
      if (!matcher.test(entry.name) || (entry.name.startsWith('.') && !part.startsWith('.'))) continue
      const child = joined(base, entry.name)
      const goesOn = isDirectoryEntry(entry, child)
      if (isLast && !goesOn) matches.add(child)
      if (!isLast && goesOn) visit(child, index + 1)
    }
  }
  visit(isAbsolute ? sep : '', isAbsolute ? 1 : 0)
  return [...matches].sort(compare)
}

function listed(base: string): Dirent[] {
  const path = base === '' ? '.' : base
  return existsSync(path) && isDirectory(path) ? entriesOf(path) : []
}

function joined(base: string, name: string): string {
  return base === '' ? name : join(base, name)
}

/** A regular expression for one part of a pattern. */
function matcherOf(part: string): RegExp {
  let source = ''
  let depth = 0
  for (let i = 0; i < part.length; i++) {
    const character = part[i]
    const close = character === '[' ? part.indexOf(']', i + 2) : -1
    if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (close > 0) {
      const set = part
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')
      source += `[${set}]`
      i = close
    } else if (character === '{' && part.indexOf('}', i) > 0) {
      source += '(?:'
      depth++
    } else if (character === '}' && depth > 0) {
      source += ')'
      depth--
    } else if (character === ',' && depth > 0) source += '|'
    else source += character.replace(/[.+^$()|[\]{}\\]/, '\\$&')
  }
  return new RegExp(`^${source}$`)
}

/** By code unit, the same on every machine and locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
