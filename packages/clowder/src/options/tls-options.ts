import { z } from 'zod'
import { optionalGroup } from './option.js'

function pem(description: string) {
  return z
    .union([z.string().min(1), z.instanceof(Uint8Array)])
    .meta({ description, allowed: 'the path of a PEM file, or what is in one, as text or bytes' })
}

/** Certificates for connections between members, in place of the secret. */
export const tlsOptions = optionalGroup(
  {
    ca: pem("The certificates of the authorities that issue the members' certificates, and of nobody else."),
    cert: pem(
      "This member's certificate, with those between it and the authority behind it. Its subject alternative name is the `jvmRoute`, or the host at which others reach this member; it is for client and server authentication, or does not say for what.",
    ),
    key: pem('Its private key, not encrypted.'),
  },
  'An identity of its own for each member: connections are mutual TLS 1.3 with these certificates in place of the `secret`. Heartbeats and cookies still need a secret: without one, find members by `membership.members` and switch `membership.multicast` off. Read once, at the start.',
)
