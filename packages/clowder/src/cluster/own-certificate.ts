import { X509Certificate } from 'node:crypto'
import { namesIn } from '@clowder/node'
import { isNamed, type Logger, type Member } from '@clowder/tribes'
import { readCertificates } from '../options/certificate-files.js'
import type { ClusterSettings } from '../options/cluster-options.js'

/**
 * Says at once what the other members would say one after the other: that the certificate is for somebody else. Which host it is at a member knows only when it has started.
 */
export function warnOfOwnCertificate(member: Member, { tls }: ClusterSettings, logger: Logger): void {
  const files = tls && readCertificates(tls, Date.now()).files
  if (!files) return
  const names = namesIn(new X509Certificate(files.cert).subjectAltName)
  if (isNamed(names, member)) return
  logger.error(
    { member, names },
    `The certificate in tls.cert is for ${names.join(', ') || 'nobody'}, and this member is ${member.name} at ${member.host}: all others refuse it. Its subject alternative name must be the jvmRoute, or the host at which others reach this member (receiver.advertisedAddress).`,
  )
}
