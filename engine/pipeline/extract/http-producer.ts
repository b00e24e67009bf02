/** Records of an HTTP(S) API that answers in JSON. */

import { parseAddress, shownAddress } from '../../../io/http/address.js'
import { HttpClient } from '../../../io/http/client.js'
import { firstPage, type PageState, readPages } from '../../../io/http/pages.js'
import type { HttpSource } from '../../../planner/pipeline/definition.js'
import type { Json } from '../stage.js'
import { PagedProducer, type RecordPage } from './record-pages.js'
import type { ProducerSetting } from './setting.js'

export function openHttpProducer(source: HttpSource, setting: ProducerSetting): PagedProducer {
  const { url, method, query, body, records, pagination, schema } = source
  const client = new HttpClient({ ...source, signal: setting.services.signal, onRetry: () => producer.onRetry() })
  const pages = async function* (from: Json | null): AsyncGenerator<RecordPage> {
    const state = (from as PageState | null) ?? firstPage(source)
    for await (const page of readPages(source, state, client)) {
      yield { records: page.records, from: page.state, next: page.next }
    }
  }
  const fingerprint = { url: shownAddress(parseAddress(url)), method, query, body: plain(body), records, pagination }
  const options = { schema, bounded: true, isResumable: true, fingerprint: plain(fingerprint) }
  const producer = new PagedProducer(pages, options, setting)
  return producer
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json
}
