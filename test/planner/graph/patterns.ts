/** Graphs as users have them. */

import type { External } from '../../../planner/graph/connect.js'
import type { PipeOptions } from '../../../planner/graph/pipe.js'

export interface Pattern {
  readonly pipes: readonly PipeOptions[]
  readonly external?: External
}

export const PATTERNS: Readonly<Record<string, Pattern>> = {
  /** Raw rows are kept, cleaned rows are kept, and what is asked for is made of those. */
  medallion: {
    pipes: [
      { id: 'bronze-orders', inputs: ['raw.orders'], outputs: ['bronze.orders'] },
      { id: 'bronze-customers', inputs: ['raw.customers'], outputs: ['bronze.customers'] },
      { id: 'silver-customers', inputs: ['bronze.customers'], outputs: ['silver.customers'] },
      {
        id: 'silver-orders',
        inputs: ['bronze.orders'],
        tables: ['silver.customers'],
        outputs: ['silver.orders', 'silver.rejects'],
      },
      { id: 'gold-revenue', inputs: ['silver.orders'], outputs: ['gold.revenue'] },
      { id: 'gold-customers', inputs: ['silver.orders', 'silver.customers'], outputs: ['gold.customers'] },
    ],
    external: ['raw.orders', 'raw.customers'],
  },
  'fan-out and fan-in': {
    pipes: [
      { id: 'events', kind: 'producer' },
      { id: 'clicks', kind: 'processor', inputs: ['events'] },
      { id: 'views', kind: 'processor', inputs: ['events'] },
      { id: 'errors', kind: 'processor', inputs: ['events'] },
      { id: 'sessions', kind: 'processor', inputs: ['clicks', 'views', 'errors'] },
      { id: 'out', kind: 'consumer', inputs: ['sessions'] },
    ],
  },
  'independent chains': {
    pipes: [
      { id: 'a', kind: 'producer' },
      { id: 'a-out', kind: 'consumer', inputs: ['a'] },
      { id: 'b', kind: 'producer' },
      { id: 'b-clean', kind: 'processor', inputs: ['b'] },
      { id: 'b-out', kind: 'consumer', inputs: ['b-clean'] },
    ],
  },
  'multi-sink streaming': {
    pipes: [
      { id: 'sensor', kind: 'producer' },
      { id: 'route', kind: 'processor', inputs: ['sensor'], outputs: ['route', 'route.alerts', 'route.rejects'] },
      { id: 'minutes', kind: 'accumulator', inputs: ['route'] },
      { id: 'archive', kind: 'consumer', inputs: ['minutes'] },
      { id: 'pager', kind: 'consumer', inputs: ['route.alerts'] },
      { id: 'live', kind: 'consumer', inputs: ['route', 'route.alerts'] },
    ],
  },
  'shared input': {
    pipes: [
      { id: 'by-day', inputs: ['orders'] },
      { id: 'by-country', inputs: ['orders'], tables: ['countries'] },
      { id: 'by-product', inputs: ['orders', 'products'] },
      { id: 'report', inputs: ['by-day', 'by-country', 'by-product'] },
    ],
    external: 'any',
  },
}
