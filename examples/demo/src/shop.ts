import { type Request, type Response, Router } from 'express'
import type { SessionView } from './session-view.js'

declare module 'clowder' {
  interface SessionData {
    count: number
  }
}

/** One attribute per item, so that two nodes which cannot hear each other can both change the cart and nothing is lost. */
const ITEM_PREFIX = 'cart:'

type CartAttributes = Record<string, number | undefined>

/** A shop as small as can be: a counter, a cart, a way out. Every answer is the whole session and the name of the node. */
export function shop(node: string): Router {
  const answer = (req: Request, res: Response) => void res.json(viewOf(req, node))
  return Router()
    .get('/session', answer)
    .post('/count', (req, res) => {
      req.session.count = (req.session.count ?? 0) + 1
      answer(req, res)
    })
    .post('/cart/:item', (req, res) => {
      setQuantity(req, req.params.item, quantityIn(req.query.quantity) ?? quantityOf(req, req.params.item) + 1)
      // With `count` one request does both.
      if (req.query.count !== undefined) req.session.count = (req.session.count ?? 0) + 1
      answer(req, res)
    })
    .delete('/cart/:item', (req, res) => {
      setQuantity(req, req.params.item, quantityOf(req, req.params.item) - 1)
      answer(req, res)
    })
    .post('/logout', async (req, res) => {
      const view = viewOf(req, node)
      await req.session.destroy()
      res.json(view)
    })
}

function viewOf({ session }: Request, node: string): SessionView {
  return {
    node,
    id: session.id,
    createdAt: session.createdAt.getTime(),
    count: session.count ?? 0,
    cart: cartOf(session as object as CartAttributes),
    stale: session.isStale,
  }
}

function cartOf(attributes: CartAttributes): Record<string, number> {
  const names = Object.keys(attributes).filter(name => name.startsWith(ITEM_PREFIX))
  return Object.fromEntries(names.sort().map(name => [name.slice(ITEM_PREFIX.length), attributes[name] ?? 0]))
}

function quantityOf(req: Request, item: string): number {
  return (req.session as object as CartAttributes)[ITEM_PREFIX + item] ?? 0
}

function setQuantity(req: Request, item: string, quantity: number): void {
  const attributes = req.session as object as CartAttributes
  if (quantity > 0) attributes[ITEM_PREFIX + item] = quantity
  else delete attributes[ITEM_PREFIX + item]
}

function quantityIn(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
