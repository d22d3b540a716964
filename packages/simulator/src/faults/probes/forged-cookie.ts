import type { Visit } from '../../cluster/visit.js'
import type { Dice } from '../dice.js'
import { PROBE, type Probe } from './probe.js'

const SECRET = 'nobody else reads this'

/** What somebody may make of a cookie who does not have our key. */
const FORGERIES: Readonly<Record<string, (parts: CookieParts, dice: Dice) => CookieParts>> = {
  'another id': (parts, dice) => ({ ...parts, id: altered(parts.id, dice) }),
  'another token': (parts, dice) => ({ ...parts, token: altered(parts.token, dice) }),
  'another signature': (parts, dice) => ({ ...parts, signature: altered(parts.signature, dice) }),
  'no token': parts => ({ ...parts, token: '' }),
  'no signature': parts => ({ ...parts, signature: '' }),
  'a part of the signature': parts => ({ ...parts, signature: parts.signature.slice(0, -1) }),
  'more than the signature': parts => ({ ...parts, signature: `${parts.signature}A` }),
}

interface CookieParts {
  readonly id: string
  readonly token: string
  readonly signature: string
  readonly route: string
}

/** F57, at the door: whoever changes a cookie by one character is nobody, and is shown nothing. */
export async function probeForgedCookie({ client, first, second, dice, wait, expect, reached }: Probe): Promise<void> {
  await client.visit(first, visit => void Reflect.set(visit.session, PROBE, SECRET))
  if (!client.hasSession) return
  await wait()
  reached('F57')
  for (const [what, forge] of Object.entries(FORGERIES)) {
    for (const node of [first, second]) {
      const shown = await client.present(node, cookie => textOf(forge(partsOf(cookie), dice)), shownTo)
      if (shown.isSure) expect(!shown.value, `a cookie with ${what} opens no session`)
    }
  }
  await wait()
  const found = await client.visit(second, shownTo)
  if (found.isSure) expect(found.value, 'the session of a forged cookie is left alone')
}

function shownTo(visit: Visit): boolean {
  return !visit.isLost && Reflect.get(visit.session, PROBE) === SECRET
}

function partsOf(cookie: string): CookieParts {
  const [id = '', token = '', signature = '', route = ''] = cookie.split('.')
  return { id, token, signature, route }
}

function textOf({ id, token, signature, route }: CookieParts): string {
  return [id, token, signature, route].join('.')
}

/** With another character at one place. */
function altered(text: string, dice: Dice): string {
  const at = dice.whole(0, text.length - 1)
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}
