/** Turns errors of the operating system about files into `VolleyError`s that name the file and what was attempted. */

import { existsSync } from 'node:fs'
import { VolleyError } from '../planner/errors.js'

const EXPLANATIONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ELOOP: 'too many symbolic links',
  EIO: 'the device failed',
  EFBIG: 'the file would be larger than allowed',
}

/** The code of a failed system call (`ENOENT`, ...), or null for any other error. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || error instanceof VolleyError) return null
  return typeof error.code === 'string' ? error.code : null
}

/** An error met while reading `path`. A VolleyError passes through. */
export function readError(path: string, cause: unknown): Error {
  if (cause instanceof VolleyError) return cause
  if (systemCode(cause) === 'ENOENT') {
    return new VolleyError('VOLLEY_FILE_NOT_FOUND', `${path}: no such file`, { path }, cause)
  }
  return new VolleyError('VOLLEY_IO', `cannot read ${path}: ${explain(cause)}`, { path }, cause)
}

/** Throws VOLLEY_FILE_NOT_FOUND. */
export function expectFile(path: string): void {
  if (!existsSync(path)) throw new VolleyError('VOLLEY_FILE_NOT_FOUND', `${path}: no such file`, { path })
}

/** An error met while writing `path`. A VolleyError passes through. */
export function writeError(path: string, cause: unknown): Error {
  if (cause instanceof VolleyError) return cause
  const code = systemCode(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new VolleyError('VOLLEY_DISK_FULL', `cannot write ${path}: no space left on the device`, { path }, cause)
  }
  const reason = code === 'ENOENT' ? 'its directory does not exist' : explain(cause)
  return new VolleyError('VOLLEY_IO', `cannot write ${path}: ${reason}`, { path }, cause)
}

function explain(cause: unknown): string {
  return EXPLANATIONS[systemCode(cause) ?? ''] ?? (cause instanceof Error ? cause.message : String(cause))
}
