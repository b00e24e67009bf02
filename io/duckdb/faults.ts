/** Turns DuckDB's errors into `VolleyError`s. */

import { type ErrorCode, InternalError, VolleyError } from '../../planner/errors.js'

/** What DuckDB says with `errors_as_json`; other properties depend on the type. */
interface Fault {
  readonly exception_type: string
  readonly exception_message: string
  readonly errno?: string
}

const NO_SPACE = ['28', '122']
const NO_FILE = '2'
/** Arguments that a function is not defined for. */
const OUTSIDE_OF_DOMAIN = /^cannot take (?:square root|logarithm)|outside of supported range/

/** An error of a statement; `sql` goes into its details. A VolleyError or InternalError passes through. */
export function duckDbError(cause: unknown, sql?: string): Error {
  if (cause instanceof VolleyError || cause instanceof InternalError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  const fault = parseFault(text)
  const code = codeOf(fault)
  const message = code === 'VOLLEY_ABORTED' ? 'the query was interrupted' : firstParagraph(fault.exception_message)
  return new VolleyError(code, message, sql === undefined ? {} : { sql }, new Error(fault.exception_message))
}

function parseFault(text: string): Fault {
  const start = text.indexOf('{"exception_type"')
  if (start >= 0) {
    try {
      return JSON.parse(text.slice(start)) as Fault
    } catch {
      // Not JSON to its end: the text as it is says enough.
    }
  }
  const plain = /^(?:INTERNAL )?([A-Za-z ]+?) Error: ([\s\S]*)$/.exec(text)
  return plain === null
    ? { exception_type: 'Unknown', exception_message: text }
    : { exception_type: plain[1], exception_message: plain[2] }
}

function codeOf(fault: Fault): ErrorCode {
  const { exception_type: type, exception_message: message } = fault
  switch (type) {
    case 'Out of Memory':
      return /max_temp_directory_size/.test(message) && /offload/.test(message)
        ? 'VOLLEY_DISK_FULL'
        : 'VOLLEY_MEMORY_LIMIT'
    case 'IO':
      return ioCode(fault)
    case 'INTERRUPT':
      return 'VOLLEY_ABORTED'
    case 'Out of Range':
      return OUTSIDE_OF_DOMAIN.test(message) ? 'VOLLEY_INVALID_ARGUMENT' : 'VOLLEY_OVERFLOW'
    case 'Conversion':
      return /not in \w+ range|^Date out of range/.test(message) ? 'VOLLEY_OVERFLOW' : 'VOLLEY_CAST'
    case 'Parser':
    case 'Syntax':
      return 'VOLLEY_PARSE'
    case 'Catalog':
      return 'VOLLEY_UNKNOWN_TABLE'
    case 'Binder':
      return 'VOLLEY_TYPE_MISMATCH'
    case 'Not implemented':
      return 'VOLLEY_UNSUPPORTED'
    case 'Invalid Input':
      return inputCode(message)
    case 'Serialization':
      return 'VOLLEY_CORRUPT_FILE'
    default:
      return 'VOLLEY_IO'
  }
}

function ioCode({ errno, exception_message: message }: Fault): ErrorCode {
  if ((errno !== undefined && NO_SPACE.includes(errno)) || /no space left|quota exceeded/i.test(message)) {
    return 'VOLLEY_DISK_FULL'
  }
  if (errno === NO_FILE || /no files found|no such file/i.test(message)) return 'VOLLEY_FILE_NOT_FOUND'
  return /could not read (?:enough|all) bytes|corrupt/i.test(message) ? 'VOLLEY_CORRUPT_FILE' : 'VOLLEY_IO'
}

function inputCode(message: string): ErrorCode {
  if (/magic bytes/i.test(message)) return 'VOLLEY_NOT_PARQUET'
  if (/utf-?8|unicode/i.test(message)) return 'VOLLEY_INVALID_UTF8'
  if (message.includes('out of range for the destination type')) return 'VOLLEY_OVERFLOW'
  return /corrupt|metadata|footer/i.test(message) ? 'VOLLEY_CORRUPT_FILE' : 'VOLLEY_INVALID_ARGUMENT'
}

/** Leaves out the advice on settings that the user of volley does not have. */
function firstParagraph(message: string): string {
  return message.split(/\n\s*\n|\nThis limit was set/)[0].trim()
}
