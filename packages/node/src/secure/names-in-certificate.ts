/**
 * The host names and addresses in a certificate's subject alternative name, as `X509Certificate` writes it: `DNS:n1, IP Address:10.0.0.3`. Text with quotation marks has
 * names in it that are made to look like several; such a certificate is for nobody.
 */
export function namesIn(subjectAltName = ''): readonly string[] {
  if (subjectAltName.includes('"')) return []
  return subjectAltName.split(', ').flatMap(entry => {
    const [, name] = /^(?:DNS|IP Address):(.+)$/.exec(entry) ?? []
    return name === undefined ? [] : [name]
  })
}
