/**
 * Returns true if the daemon serves a build of the page other than the running one, and `undefined` if no valid answer
 * arrives. The development server has no builds, so the result is false there.
 */
export async function hasNewVersion(signal?: AbortSignal): Promise<boolean | undefined> {
  try {
    const { ok, headers } = await fetch('/app/', { method: 'HEAD', ...(signal && { signal }) })
    if (!ok) return undefined
    const own = document.querySelector<HTMLMetaElement>('meta[name=page-version]')?.content
    if (!own || own.startsWith('__')) return false
    const served = headers.get('X-Page-Version')
    return served !== null && served !== own
  } catch {
    return undefined
  }
}
