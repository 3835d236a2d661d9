// Where a key may go and where a result may lie. In go addresses, out comes whether they are the host's own, at home, or out
// in the open.

export const originOf = (url: string): string => new URL(url).origin
/** This machine, this house, or an address that nobody outside can mean. */
const isLocal = ({ hostname }: URL): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|10\..*|192\.168\..*|169\.254\..*|172\.(1[6-9]|2\d|3[01])\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|\[.*\])\.?$/i.test(
    hostname,
  )

export const isAtHome = (url: string): boolean => isLocal(new URL(url))

/**
 * The address of a result, when it is one to be asked: over TLS anywhere in the open; on this machine or in its house only where the
 * host itself is there. Never one that carries a name and a password.
 */
export function resultUrl(base: string, text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') return undefined
  const home = isLocal(new URL(base))
  const open = url.protocol === 'https:' && !isLocal(url)
  return open || (home && (url.protocol === 'https:' || url.protocol === 'http:')) ? url : undefined
}
