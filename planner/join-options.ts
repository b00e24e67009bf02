/** What users say about a join. */

import { checkChoice, checkOptions, invalid, show } from './arguments.js'
import { col } from './builder.js'
import { asExpr, type ExpressionLike } from './expr.js'
import type { Expression } from './expression.js'
import type { JoinKind, LogicalPlan } from './logical-plan.js'

const KINDS: readonly JoinKind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'cross']

/** Either `on`, or `leftOn` and `rightOn`; neither for a cross join. Null keys match nothing. */
export interface JoinOptions {
  /** Columns of the same name on both sides; the result has each once. */
  readonly on?: ExpressionLike | readonly ExpressionLike[]
  readonly leftOn?: ExpressionLike | readonly ExpressionLike[]
  readonly rightOn?: ExpressionLike | readonly ExpressionLike[]
  /** `inner` unless given. */
  readonly how?: JoinKind
  /** Appended to right columns whose names the left has too; `_right` unless given. */
  readonly suffix?: string
}

type JoinPart = Pick<Extract<LogicalPlan, { kind: 'join' }>, 'how' | 'leftOn' | 'rightOn' | 'sharedKeys' | 'suffix'>

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT if the keys do not pair up. */
export function checkJoin(options: JoinOptions): JoinPart {
  checkOptions('join', options, ['on', 'leftOn', 'rightOn', 'how', 'suffix'])
  const { on, leftOn, rightOn, how = 'inner', suffix = '_right' } = options
  checkChoice('how', how, KINDS)
  if (typeof suffix !== 'string') throw invalid(`suffix is a string, not ${show(suffix)}`)
  if (how === 'cross') {
    if (on !== undefined || leftOn !== undefined || rightOn !== undefined) throw invalid('a cross join takes no keys')
    return { how, leftOn: [], rightOn: [], sharedKeys: false, suffix }
  }
  if (on !== undefined) {
    if (leftOn !== undefined || rightOn !== undefined) throw invalid('join takes on, or leftOn and rightOn, not both')
    const keys = Object.freeze(listOf('on', on).map(columnNamed))
    return { how, leftOn: keys, rightOn: keys, sharedKeys: true, suffix }
  }
  if (leftOn === undefined || rightOn === undefined) {
    throw invalid(`a join that is ${how} takes on, or leftOn and rightOn`, 'on, or leftOn and rightOn')
  }
  const left = keysOf('leftOn', leftOn)
  const right = keysOf('rightOn', rightOn)
  if (left.length !== right.length) {
    throw invalid(`leftOn has ${left.length} keys, but rightOn has ${right.length}`)
  }
  return { how, leftOn: left, rightOn: right, sharedKeys: false, suffix }
}

function keysOf(what: string, keys: ExpressionLike | readonly ExpressionLike[]): readonly Expression[] {
  return Object.freeze(listOf(what, keys).map((key) => asExpr(key).node))
}

function listOf(what: string, keys: ExpressionLike | readonly ExpressionLike[]): readonly ExpressionLike[] {
  const list = Array.isArray(keys) ? (keys as readonly ExpressionLike[]) : [keys as ExpressionLike]
  if (list.length === 0) throw invalid(`${what} takes at least one key`)
  return list
}

/** A string is a name, however odd: there is nothing else it could be. */
function columnNamed(key: ExpressionLike): Expression {
  const node = typeof key === 'string' ? col(key).node : asExpr(key).node
  if (node.kind === 'column') return node
  throw invalid('on names columns that both sides have: use leftOn and rightOn for other expressions')
}
