import type { Expression } from '../expression.js'
import type { AstExpression } from './ast.js'

/** Turns an expression of the syntax tree into ours, in the surroundings it was made for. */
export type Convert = (expression: AstExpression) => Expression
