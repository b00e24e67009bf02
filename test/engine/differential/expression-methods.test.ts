/** The methods of expressions say what SQL says. */

import { col, type Expr, lit, sql, when } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { it } from '../../support/jest.js'

const volley = differential({ t: everyType(1_000) }, [2])
const [id, small, price, ratio, text, color] = ['id', 'small', 'price', 'ratio', 'text', 'color'].map(col)
const [day, moment, flag, f64] = ['day', 'moment', 'flag', 'f64'].map(col)

const METHODS: readonly (readonly [Expr, string])[] = [
  [id.add(small).sub(1).mul(2), '(id + small - 1) * 2'],
  [price.div(small), 'price / small'],
  [id.intDiv(7), 'id // 7'],
  [id.mod(7).neg(), '-(id % 7)'],
  [price.mul(lit('1.5', 'decimal(2,1)')), 'price * 1.5'],
  [small.eq(5).or(small.neq(6)), 'small = 5 or small <> 6'],
  [small.gt(5).and(small.lt(60), flag), 'small > 5 and small < 60 and flag'],
  [small.gte(5).and(small.lte(60)).not(), 'not (small >= 5 and small <= 60)'],
  [color.isDistinctFrom('red'), "color is distinct from 'red'"],
  [color.isNotDistinctFrom(null), 'color is not distinct from null'],
  [small.between(10, 20), 'small between 10 and 20'],
  [color.isIn('red', 'green'), "color in ('red', 'green')"],
  [color.isIn(['red', null]), "color in ('red', null)"],
  [color.isIn([]), 'false'],
  [color.isNull(), 'color is null'],
  [color.isNotNull(), 'color is not null'],
  [color.coalesce(text, 'none'), "coalesce(color, text, 'none')"],
  [color.nullIf('red'), "nullif(color, 'red')"],
  [small.greatest(50, id), 'greatest(small, 50, id)'],
  [small.least(50), 'least(small, 50)'],
  [text.like('%e%'), "text like '%e%'"],
  [text.ilike('K1_'), "text ilike 'K1_'"],
  [text.like('kx1%', 'x'), "text like 'kx1%' escape 'x'"],
  [text.startsWith('k'), "starts_with(text, 'k')"],
  [text.endsWith('ch'), "ends_with(text, 'ch')"],
  [text.contains('ü'), "contains(text, 'ü')"],
  [text.lower().concat('-', text.upper()), "concat(lower(text), '-', upper(text))"],
  [text.trim('ak'), "trim(text, 'ak')"],
  [text.ltrim('a').rtrim('h'), "rtrim(ltrim(text, 'a'), 'h')"],
  [text.length().add(text.byteLength()), 'length(text) + strlen(text)'],
  [text.substring(2, 3), 'substring(text, 2, 3)'],
  [text.substring(-2), 'substring(text, -2)'],
  [text.replace('e', 'ee'), "replace(text, 'e', 'ee')"],
  [text.position('o'), "position('o' in text)"],
  [text.left(3).concat(text.right(2)), 'concat(left(text, 3), right(text, 2))'],
  [text.lpad(8, '*'), "lpad(text, 8, '*')"],
  [text.rpad(8), "rpad(text, 8, ' ')"],
  [color.reverse().repeat(2), 'repeat(reverse(color), 2)'],
  [day.year().mul(10000).add(day.month().mul(100)).add(day.day()), 'year(day) * 10000 + month(day) * 100 + day(day)'],
  [
    moment.hour().mul(3600).add(moment.minute().mul(60)).add(moment.second()),
    'hour(moment) * 3600 + minute(moment) * 60 + second(moment)',
  ],
  [moment.millisecond().add(moment.microsecond()), 'millisecond(moment) + microsecond(moment)'],
  [day.quarter().add(day.week()).add(day.dayOfYear()), 'quarter(day) + week(day) + dayofyear(day)'],
  [day.dayOfWeek().mul(10).add(day.isoDayOfWeek()), 'dayofweek(day) * 10 + isodow(day)'],
  [moment.dateTrunc('month'), "date_trunc('month', moment)"],
  [moment.dateDiff('day', day), "date_diff('day', moment, day)"],
  [day.lastDay().add(1), 'last_day(day) + 1'],
  [ratio.abs().round(1), 'round(abs(ratio), 1)'],
  [ratio.floor().add(ratio.ceil()).add(ratio.trunc()), 'floor(ratio) + ceil(ratio) + trunc(ratio)'],
  [ratio.abs().sqrt(), 'sqrt(abs(ratio))'],
  [price.round(), 'round(price)'],
  [ratio.sign(), 'sign(ratio)'],
  [f64.isNan(), 'isnan(f64)'],
  [f64.isFinite(), 'isfinite(f64)'],
  [f64.isInf(), 'isinf(f64)'],
  [id.cast('varchar').concat('!'), "concat(id::varchar, '!')"],
  [text.tryCast('integer'), 'try_cast(text as integer)'],
  [
    when(small.gt(50)).then('big').when('small > 20').then('middle').otherwise('little'),
    "case when small > 50 then 'big' when small > 20 then 'middle' else 'little' end",
  ],
  [when('flag').then(price), 'case when flag then price end'],
  [lit(5).add(small), '5 + small'],
  [lit(2.5).mul(ratio), '2.5::double * ratio'],
  [lit(new Date('2024-02-29T12:34:56.789Z')), "timestamp '2024-02-29 12:34:56.789'"],
  [lit(12345678901234567890n, 'ubigint'), '12345678901234567890::ubigint'],
  [lit('12.345', 'decimal(9,3)'), '12.345::decimal(9,3)'],
  [lit(null).coalesce(small), 'coalesce(null, small)'],
  [sql('small + 1').mul(2), '(small + 1) * 2'],
]

const APPROXIMATE: readonly (readonly [Expr, string])[] = [
  [ratio.abs().add(1).ln(), 'ln(abs(ratio) + 1)'],
  [ratio.abs().add(1).log10(), 'log10(abs(ratio) + 1)'],
  [ratio.abs().add(1).log2(), 'log2(abs(ratio) + 1)'],
  [small.div(10).exp(), 'exp(small / 10)'],
  [ratio.abs().power(0.5), 'power(abs(ratio), 0.5)'],
  [moment.epoch(), 'epoch(moment)'],
]

it('methods mean what SQL means', async () => {
  const all = [...METHODS, ...APPROXIMATE]
  await volley().expectFrame(
    ({ t }) => t.select(...all.map(([expression], i) => expression.alias(`c${i}`))),
    `select ${all.map(([, text], i) => `${text} as c${i}`).join(', ')} from t`,
    { ordered: true, approximate: all.slice(METHODS.length).map((_, i) => `c${METHODS.length + i}`) },
  )
})

it('expressions are text that means the same', async () => {
  await volley().expectFrame(
    ({ t }) => t.select(...METHODS.map(([expression], i) => sql(`${expression}`).alias(`c${i}`))),
    `select ${METHODS.map(([, text], i) => `${text} as c${i}`).join(', ')} from t`,
    { ordered: true },
  )
})
