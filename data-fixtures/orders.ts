/** Generates the orders of an invented online shop: the data of the demo, the examples and many tests. */

import { type Random, seededRandom } from './random.js'

/** Money in cents, times in ISO 8601 without zone (UTC), dates as yyyy-mm-dd. */
export interface Order {
  readonly orderId: number
  readonly customer: string
  readonly country: string
  readonly product: string
  readonly category: string
  readonly quantity: number
  readonly unitPriceCents: number
  readonly discount: number
  readonly orderedAt: string
  readonly shipped: string | null
  readonly status: string
  readonly note: string | null
}

const FIRST_NAMES =
  'Ada Amara Anaïs Björn Carmen Chloé Dmitri Elif Emeka Fatima Giulia Hana Håkon Ines Ivo Jaïr Kenji Lars Leila Łukasz Mei Miguel Noor Olga Priya Quentin Rosa Søren Tariq Uma Viktor Wanjiru Xenia Yusuf Zoë'.split(
    ' ',
  )
const LAST_NAMES =
  'Almeida Andersen Bauer Çelik Dubois Eriksson Fernández García Haddad Ivanova Jansen Kowalski Larsen Mbeki Müller Nakamura Novák Okafor Öztürk Patel Quiroga Rossi Sato Schmidt Silva Tanaka Ueda Varga Wang Yılmaz Zhang'.split(
    ' ',
  )
const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'NL', 'ES', 'IT', 'PL', 'SE', 'TR', 'JP', 'BR', 'NG', 'IN', 'NO', 'CZ']
const DISCOUNTS = [0, 0, 0, 0, 0, 0.05, 0.05, 0.1, 0.15, 0.25]
const NOTES = [
  'Leave at the door',
  'Gift wrap, please',
  'Ring twice, then call',
  'Deliver after 18:00',
  'Invoice to the office, "attention: accounts"',
  'Fragile!',
  'Bitte beim Nachbarn abgeben',
  'お届け前に電話してください',
  'Merci 🙂',
]
const CATALOG: Readonly<Record<string, readonly string[]>> = {
  Kitchen: ['Chef Knife', 'Cast Iron Pan', 'Espresso Maker', 'Mixing Bowl', 'Tea Kettle', 'Cutting Board'],
  Garden: ['Pruning Shears', 'Watering Can', 'Raised Bed', 'Garden Hose', 'Seed Set', 'Wheelbarrow'],
  Office: ['Desk Lamp', 'Standing Desk', 'Notebook', 'Fountain Pen', 'Monitor Arm', 'Paper Tray'],
  Outdoor: ['Trail Tent', 'Sleeping Bag', 'Headlamp', 'Water Filter', 'Trekking Poles', 'Camp Stove'],
  Audio: ['Headphones', 'Bookshelf Speaker', 'Turntable', 'Microphone', 'Portable Radio', 'Audio Cable'],
  Toys: ['Wooden Train', 'Building Blocks', 'Kite', 'Puzzle', 'Marble Run', 'Plush Bear'],
}
const VARIANTS = ['Classic', 'Compact', 'Pro', 'Eco', 'Junior']

interface Product {
  readonly name: string
  readonly category: string
  readonly cents: number
}

const FIRST_ORDER = Date.UTC(2023, 0, 2, 6)
const SPAN_MILLISECONDS = Date.UTC(2025, 0, 1) - FIRST_ORDER
const DAY = 86_400_000

/** Yields `count` orders in order of time, spread over two years whatever the count. */
export function* generateOrders(count: number, seed = 20_230_102): Generator<Order> {
  const random = seededRandom(seed)
  const products = catalog(random)
  const customers = customersOf(random, Math.max(10, Math.floor(count / 25)))
  for (let i = 0; i < count; i++) {
    const product = products[random.skewed(products.length)]
    const customer = customers[random.skewed(customers.length)]
    const orderedAt = FIRST_ORDER + Math.floor(((i + random.next()) * SPAN_MILLISECONDS) / count / 1000) * 1000
    const status = statusOf(random, (i + 1) / count)
    const shipped = status === 'shipped' || status === 'delivered' || status === 'returned'
    yield {
      orderId: 100_001 + i,
      customer: customer.name,
      country: customer.country,
      product: product.name,
      category: product.category,
      quantity: 1 + random.skewed(12),
      unitPriceCents: product.cents,
      discount: random.pick(DISCOUNTS),
      orderedAt: new Date(orderedAt).toISOString().slice(0, 19),
      shipped: shipped ? new Date(orderedAt + random.integer(0, 9) * DAY).toISOString().slice(0, 10) : null,
      status,
      note: random.chance(0.08) ? random.pick(NOTES) : null,
    }
  }
}

function catalog(random: Random): Product[] {
  const products: Product[] = []
  for (const [category, names] of Object.entries(CATALOG)) {
    for (const name of names) {
      for (const variant of VARIANTS) {
        products.push({
          name: `${name} ${variant}`,
          category,
          cents: random.integer(4, 400) * 100 - random.pick([1, 5, 50]),
        })
      }
    }
  }
  return products
    .map((product) => ({ product, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map((p) => p.product)
}

function customersOf(random: Random, count: number): { name: string; country: string }[] {
  return Array.from({ length: count }, () => ({
    name: `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
    country: COUNTRIES[random.skewed(COUNTRIES.length)],
  }))
}

/** Only orders of the last few weeks (`age` near 1) are still open. */
function statusOf(random: Random, age: number): string {
  if (age > 0.98) return random.pick(['placed', 'placed', 'packed', 'shipped'])
  if (random.chance(0.04)) return 'cancelled'
  return random.chance(0.06) ? 'returned' : 'delivered'
}
