/** Support tickets of an invented shop, the same on every machine. */

export interface Ticket {
  readonly id: number
  readonly opened: string
  readonly from: { readonly name: string; readonly email: string; readonly phone: string | null }
  readonly body: string
  readonly lines: readonly { readonly product: string; readonly quantity: number; readonly price: number }[]
}

const NAMES = ['Ivo Patel', 'Jaïr Zhang', 'Chloé Dubois', 'Noor Haddad', 'Zoë Müller', 'Amara Okafor', 'Kenji Sato']
const PHONES = ['+49 30 901820', '030/901820', '0033 1 40 20 50 50', null, 'none', '(0)20 7946 0018']
const BODIES = [
  'The kettle arrived broken, I want my money back!',
  'Where is my order? It should have been here on Monday.',
  'Die Lampe flackert. Bitte um Ersatz.',
  'Thank you, the tent is great.',
]
const PRODUCTS = ['Tea Kettle', 'Desk Lamp', 'Trail Tent', 'Kite']
const OPENED = Date.UTC(2024, 4, 1)
const MINUTE = 60_000

/** A source: goes on behind `position` in a job that is resumed. */
export function* tickets({ count }: { count: number }, { position }: { position: number | null }) {
  for (let id = position ?? 0; id < count; id++) yield { records: [ticket(id)], position: id + 1 }
}
tickets.resumable = true

function ticket(id: number): Ticket {
  const name = NAMES[id % NAMES.length]
  const email = `${name.toLowerCase().replace(' ', '.')}@${id % 11 === 0 ? 'nowhere' : 'example.com'}`
  return {
    id,
    opened: new Date(OPENED + id * 17 * MINUTE).toISOString(),
    from: { name, email, phone: PHONES[id % PHONES.length] },
    body: BODIES[id % BODIES.length],
    lines: Array.from({ length: (id % 3) + 1 }, (_, line) => ({
      product: PRODUCTS[(id + line) % PRODUCTS.length],
      quantity: ((id + line) % 4) + 1,
      price: 10 + ((id * 7 + line) % 50) / 2,
    })),
  }
}
