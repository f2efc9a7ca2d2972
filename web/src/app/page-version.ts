const own = document.querySelector<HTMLMetaElement>('meta[name=page-version]')?.content

/**
 * Returns true if the daemon serves a build of the page other than the running one, and `undefined` if no response
 * arrives. Returns false on the development server, which has no builds, and for a response without a version, such as
 * a proxy's error page.
 */
export async function hasNewVersion(signal?: AbortSignal): Promise<boolean | undefined> {
  try {
    const { headers } = await fetch('/app/', { method: 'HEAD', ...(signal && { signal }) })
    if (!own || own.startsWith('__')) return false
    const served = headers.get('X-Page-Version')
    return served !== null && served !== own
  } catch {
    return undefined
  }
}
