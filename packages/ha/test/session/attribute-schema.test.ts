import t from 'tap'
import { type AttributeSchema, NewerSchemaError, SchemaMigrationError } from '../../src/index.js'
import { SchemaCodec } from '../../src/session/attribute-schema.js'
import { jsonCodec } from '../support/json-codec.js'

const codecOf = (schema?: AttributeSchema, isNewer = () => {}) => new SchemaCodec(jsonCodec, 'cart', schema, isNewer)

interface Cart {
  items: unknown
  currency?: string
}

/** 1: a list of articles; 2: an object of counts; 3: that, with a currency. */
const up: AttributeSchema['up'] = {
  1: items => ({ items: Object.fromEntries((items as string[]).map(item => [item, 1])) }),
  2: cart => Object.assign(cart as Cart, { currency: 'EUR' }),
}
const down: AttributeSchema['down'] = {
  3: cart => {
    delete (cart as Cart).currency
    return cart
  },
  2: cart => Object.keys((cart as Cart).items as object),
}
const third = { version: 3, up, down }

t.test('each version reads what the others wrote', async t => {
  const cart = { items: { tea: 1 }, currency: 'USD' }
  const bytes = codecOf(third).encode(cart)
  t.strictSame(codecOf(third).decode(bytes), cart)
  t.strictSame(codecOf({ version: 2, up }).decode(bytes), { items: { tea: 1 } }, 'one down')
  t.strictSame(codecOf().decode(bytes), ['tea'], 'two down, where nobody knows of versions')
  t.strictSame(codecOf(third).decode(jsonCodec.encode(['tea'])), { items: { tea: 1 }, currency: 'EUR' }, 'two up')
  const second = codecOf({ version: 2, up }).encode({ items: {} })
  t.strictSame(codecOf(third).decode(second), { items: {}, currency: 'EUR' }, 'one up')
  t.strictSame(codecOf({ version: 1 }).encode(['tea']), jsonCodec.encode(['tea']), 'version 1 is as without')
})

t.test('what has no way down is undefined to an older version, which is told and may not replace it', async t => {
  let told = 0
  const bytes = codecOf({ version: 3, up }).encode({ items: {} })
  const old = codecOf({ version: 2, up }, () => told++)
  t.equal(old.decode(bytes), undefined)
  t.equal(told, 1)
  t.throws(() => old.assertReplaceable(bytes), NewerSchemaError)
  t.throws(() => codecOf().assertReplaceable(codecOf(third).encode({ items: {} })), { code: 'HA_NEWER_SCHEMA' })
  codecOf(third).assertReplaceable(bytes)
  old.assertReplaceable(jsonCodec.encode(['tea']))
  old.assertReplaceable(undefined)
})

t.test('a migration that throws, or is missing, says which', async t => {
  const broken = { 1: () => JSON.parse('{') }
  t.throws(() => codecOf({ version: 2, up: broken }).decode(jsonCodec.encode([])), {
    code: 'HA_SCHEMA_MIGRATION',
    message: /cart could not be made version 2 of version 1: the migration threw SyntaxError/,
  })
  t.throws(() => codecOf({ version: 3, up: { 1: up[1]! } }).decode(jsonCodec.encode([])), SchemaMigrationError)
  t.throws(() => codecOf({ ...third, down: { 3: broken[1] } }).encode({}), { code: 'HA_SCHEMA_MIGRATION' })
})

t.test('what the application has is not touched by the way down', async t => {
  const cart = { items: { tea: 1 }, currency: 'USD' }
  codecOf(third).encode(cart)
  t.equal(cart.currency, 'USD')
})
