/** What a ticket does not say itself: a telephone number that can be dialled, its language, how urgent it is. */

import type { FunctionContext } from 'volley'

interface Summary {
  readonly id: bigint
  readonly email: string
  readonly phone: string | null
  readonly body: string
  readonly value: number
}

interface Settings {
  /** Of numbers without one: `49`. */
  readonly countryCode: string
}

const GERMAN = /\b(die|bitte|und|nicht)\b/i
const URGENT = /broken|money back|flackert|where is/i

/** Tickets that nobody could answer leave by the port `unusable`. */
export function contact(ticket: Summary, { countryCode }: Settings, { emit }: FunctionContext): object | null {
  if (!/^[^@]+@[^@]+\.[^@]+$/.test(ticket.email)) {
    emit('unusable', { id: ticket.id, email: ticket.email, reason: 'no address' })
    return null
  }
  return {
    ...ticket,
    phone: dialled(ticket.phone, countryCode),
    language: GERMAN.test(ticket.body) ? 'de' : 'en',
    urgency: (URGENT.test(ticket.body) ? 2 : 0) + (ticket.value > 80 ? 1 : 0),
  }
}

/** `030/901820` as `+4930901820`; null if there is no number. */
function dialled(text: string | null, countryCode: string): string | null {
  const digits = (text ?? '').replaceAll('(0)', '0').replace(/[^\d+]/g, '')
  if (digits === '') return null
  if (digits.startsWith('+')) return digits
  return digits.startsWith('00') ? `+${digits.slice(2)}` : `+${countryCode}${digits.replace(/^0/, '')}`
}
