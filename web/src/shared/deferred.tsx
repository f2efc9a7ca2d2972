import { useLingui } from '@lingui/react/macro'
import {
  Component,
  type ComponentType,
  type LazyExoticComponent,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useState,
} from 'react'
import { toast } from './components/toasts'
import { isLost } from './events/stream'
import { hasNewVersion } from './page-version'

/** The code of a part of the page could not be loaded. */
export class PageLoadError extends Error {
  override name = 'PageLoadError'
}

/** The time limit for loading code, in ms. After it the page shows an error and loads the code again. */
const TIMEOUT_MS = 10_000

/** The delay, in ms, after which the files of a page's detail are fetched (`detail` of `FeatureRoute`). */
const FETCH_MS = 1_000
/** What shows that the user begins to use the page. A press reaches the page before its click. */
const USES = ['pointerdown', 'keydown', 'wheel'] as const

const inTime = <T,>(loading: Promise<T>): Promise<T> =>
  Promise.race([loading, new Promise<never>((_, reject) => setTimeout(() => reject(new Error('timeout')), TIMEOUT_MS))])

/**
 * Browsers cache a failed import until the page is reloaded. While the connection is lost, nothing is imported before the
 * daemon answers again, so that a retry works.
 */
async function whenReachable(): Promise<void> {
  if (isLost() && (await hasNewVersion()) === undefined) throw new Error('no connection')
}

export interface Part<P = object> {
  /** `reloadFailedParts` and `loaded` replace this component, so read it at each render. */
  Component: ComponentType<P> | LazyExoticComponent<ComponentType<P>>
  /**
   * Loads the part before it is first rendered. Call the returned function before that, too: the part is then rendered at
   * once, without a fallback.
   */
  loaded: () => Promise<() => void>
}

/** The parts that failed to load. `React.lazy` caches a rejected import, so these parts need a new lazy component. */
const failed = new Set<() => void>()

export function partOf<P = object>(load: () => Promise<{ default: ComponentType<P> }>): Part<P> {
  const component = () =>
    lazy(async () => {
      try {
        return await inTime(whenReachable().then(load))
      } catch (reason) {
        failed.add(renew)
        throw new PageLoadError(String(reason), { cause: reason })
      }
    })
  const part: Part<P> = {
    Component: component(),
    async loaded() {
      const { default: Component } = await load()
      return () => {
        part.Component = Component
      }
    },
  }
  const renew = () => {
    part.Component = component()
  }
  return part
}

/** Replaces the components of parts that failed to load, so that the next render loads them again. */
export function reloadFailedParts(): void {
  for (const renew of failed) renew()
  failed.clear()
}

const noop = () => undefined

/**
 * Returns a component whose code is loaded when it is first shown, or earlier by {@link usePreload}. If loading fails, an
 * error replaces the page; without `fallback`, as for a dialog, a toast reports it, and the page stays. The toast calls
 * `onClose` of the component if the user closes it.
 */
export function deferred<P extends object>(load: () => Promise<ComponentType<P>>, fallback?: ReactNode) {
  let loaded: ComponentType<P> | undefined
  const loadPart = async () => {
    loaded = await load()
    return { default: loaded }
  }
  const part = partOf(loadPart)
  function Deferred(props: P) {
    // `React.lazy` shows the fallback first, even if the code is there.
    const [Ready] = useState(() => loaded)
    if (Ready) return <Ready {...props} />
    // `Component` is read at each render, because a retry replaces it.
    const show = () => (
      <Suspense fallback={fallback}>
        <part.Component {...props} />
      </Suspense>
    )
    return fallback === undefined ? <StaysOut {...(props as Closable)} show={show} /> : show()
  }
  return Object.assign(Deferred, {
    preload: async () => {
      if (!isLost()) await loadPart().then(noop, noop)
    },
  })
}

/** The properties of a dialog. One without `isOpen` is open while it is rendered. */
interface Closable {
  isOpen?: boolean
  onClose?: () => void
}

interface StaysOutProps extends Closable {
  show: () => ReactNode
}

interface StaysOutState {
  error: unknown
  /** How often the user has retried. */
  attempts: number
}

/** Renders nothing instead of a part whose code could not be loaded. */
class StaysOut extends Component<StaysOutProps, StaysOutState> {
  override state: StaysOutState = { error: undefined, attempts: 0 }

  static getDerivedStateFromError(error: unknown): Partial<StaysOutState> {
    return { error }
  }

  override componentDidUpdate({ isOpen }: StaysOutProps) {
    if (this.state.error !== undefined && isOpen === false && this.props.isOpen) this.retry()
  }

  retry = () => {
    reloadFailedParts()
    this.setState(({ attempts }) => ({ error: undefined, attempts: attempts + 1 }))
  }

  override render() {
    const { error, attempts } = this.state
    const { show, isOpen, onClose } = this.props
    if (error === undefined) return show()
    if (!(error instanceof PageLoadError)) throw error
    if (isOpen === false) return null
    return <NotLoadedToast attempts={attempts} retry={this.retry} onClose={onClose} />
  }
}

interface ToastProps extends Pick<Closable, 'onClose'> {
  attempts: number
  retry: () => void
}

function NotLoadedToast({ attempts, retry, onClose }: ToastProps) {
  const { t } = useLingui()
  // biome-ignore lint/correctness/useExhaustiveDependencies: one toast for each failure
  useEffect(() => {
    const asked = new AbortController()
    let id = toast.error(t`החלק הזה של הדף לא נטען, אולי כי אין חיבור למכונה.`, retry, { onClose })
    const offerReload = async () => {
      const answer = await hasNewVersion(asked.signal)
      if (asked.signal.aborted || answer === undefined || (!answer && attempts === 0)) return
      toast.close(id)
      id = toast.error(t`החלק הזה של הדף ייטען רק אחרי רענון.`, () => location.reload(), { label: t`רענון`, onClose })
    }
    void offerReload()
    return () => {
      asked.abort()
      toast.close(id)
    }
  }, [])
  return null
}

/** Returns true once the value has been true. A dialog that was opened stays, because it closes itself gradually. */
export function useHasBeen(value: boolean): boolean {
  const [hasBeen, setHasBeen] = useState(value)
  if (value && !hasBeen) setHasBeen(true)
  return hasBeen || value
}

/**
 * Returns `isOpen`, but false at the first render. A dialog of Mantine that is open when it is first rendered does not
 * give the focus back to what had it before.
 */
export function useOpened(isOpen: boolean): boolean {
  const [isRendered, setRendered] = useState(false)
  useEffect(() => setRendered(true), [])
  return isOpen && isRendered
}

/**
 * Loads the code that the user probably needs next: while the page rests after its first second, or as soon as the user
 * begins to use the page. Earlier it would delay the page itself on a slow phone.
 */
export function usePreload(...parts: { preload: () => Promise<void> }[]): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts of a page are always the same
  useEffect(() => {
    const waiting = [...parts]
    const timer = setTimeout(() => {
      fetchDetail()
      whenIdle(loadNext)
    }, FETCH_MS)
    // One part at a time, so that each is a short task.
    const loadNext = () =>
      void waiting
        .shift()
        ?.preload()
        .then(() => whenIdle(loadNext))
    const loadAll = () => {
      stop()
      for (const part of waiting.splice(0)) void part.preload()
    }
    const stop = () => {
      clearTimeout(timer)
      for (const use of USES) removeEventListener(use, loadAll, true)
    }
    for (const use of USES) addEventListener(use, loadAll, { capture: true, passive: true })
    return () => {
      stop()
      waiting.length = 0
    }
  }, [])
}

/** Safari has no `requestIdleCallback`. */
const whenIdle = (run: () => void): void => {
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else setTimeout(run, 100)
}

function fetchDetail(): void {
  const files = document.querySelector<HTMLMetaElement>('meta[name=later-files]')
  for (const file of files?.content.split(' ') ?? []) {
    const link = Object.assign(document.createElement('link'), { rel: 'prefetch', crossOrigin: '' })
    link.href = `/app/${file}`
    document.head.append(link)
  }
  files?.remove()
}
