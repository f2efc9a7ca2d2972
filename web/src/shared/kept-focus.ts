/** Not the fields for text, in which the keys of the page do nothing. */
const CONTROLS =
  'a[href], button:not(:disabled), input:is([type=checkbox], [type=radio]):not(:disabled), select:not(:disabled)'
/** What a key changes at once. Such a control takes the focus only from another one. */
const CHOICES = '[role=checkbox], [role=switch], [role=radio], input:is([type=checkbox], [type=radio]), select'
const TOASTS = '.toasts'

/** The element that has, or last had, the focus, and its ancestors. */
let path: Element[] = []
/** The element that had the focus when the newest toast appeared. */
let opener: Element | undefined
let isKeyboard = false

const isInToast = () => path.some(element => element.matches(TOASTS))
const isLost = () => document.activeElement === null || document.activeElement === document.body

/**
 * An element that is removed leaves the focus to the body, where a screen reader says nothing and keys do nothing. For
 * users of the keyboard, this moves the focus to the control that comes next, or back from a toast to where it was.
 */
export function keepFocus(): () => void {
  const focused = ({ target }: FocusEvent) => {
    if (!(target instanceof Element) || target === document.body) return
    path = []
    for (let at: Element | null = target; at; at = at.parentElement) path.push(at)
  }
  const pressed = () => {
    isKeyboard = true
  }
  const pointed = () => {
    isKeyboard = false
  }
  const observer = new MutationObserver(records => {
    const [last] = path
    const hasToast = records.some(
      ({ target, addedNodes }) => addedNodes.length > 0 && target instanceof Element && target.matches(TOASTS),
    )
    if (hasToast && !isInToast()) opener = last
    if (!isKeyboard || !last || !isLost()) return
    // A button is disabled, and loses the focus, while its request runs.
    const isEnabled = records.some(({ type, target }) => type === 'attributes' && target.contains(last))
    if (isEnabled && last instanceof HTMLElement && !last.matches(':disabled')) last.focus({ preventScroll: true })
    if (last.isConnected) return
    const record = records.find(({ removedNodes }) => [...removedNodes].some(node => node.contains(last)))
    // What removed the element may itself give the focus to another one.
    if (record) requestAnimationFrame(() => requestAnimationFrame(() => recover(last, record.previousSibling)))
  })
  document.addEventListener('focusin', focused)
  document.addEventListener('keydown', pressed, true)
  document.addEventListener('pointerdown', pointed, true)
  document.addEventListener('wheel', pointed, { capture: true, passive: true })
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] })
  return () => {
    document.removeEventListener('focusin', focused)
    document.removeEventListener('keydown', pressed, true)
    document.removeEventListener('pointerdown', pointed, true)
    document.removeEventListener('wheel', pointed, true)
    observer.disconnect()
  }
}

/** `previous` is the node before the removed one. */
function recover(last: Element, previous: Node | null): void {
  if (!isLost() || path[0] !== last) return
  const next = isInToast() && opener?.isConnected ? opener : nextControl(previous)
  if (opener === last) opener = next
  if (next instanceof HTMLElement) next.focus({ preventScroll: true })
}

/** Searches the nearest elements around the removed one first, but not what is behind a dialog. */
function nextControl(previous: Node | null): Element | undefined {
  // Another page has replaced the one with the control.
  if (path.some(element => element.matches('main') && !element.isConnected))
    return document.getElementById('main') ?? undefined
  // A dialog that is removed returns the focus by itself, to the page if no element had it before.
  if (path.some(element => element.matches('[aria-modal=true]') && !element.isConnected)) return undefined
  const places = isInToast() ? [...document.querySelectorAll('main')] : path.filter(element => element.isConnected)
  const isAfter = (control: Node) =>
    !previous?.isConnected ||
    (Boolean(previous.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_FOLLOWING) &&
      !previous.contains(control))
  for (const place of places) {
    // A dialog that is removed returns the focus by itself.
    if (place === document.body || place.id === 'root') return undefined
    const controls = [...place.querySelectorAll(CONTROLS)].filter(
      // Keys that mean something on the page must not change a choice far away.
      control => control.getClientRects().length > 0 && (place === places[0] || !control.matches('select')),
    )
    const safe = path[0]?.matches(CHOICES) ? [] : controls.filter(control => !control.matches(CHOICES))
    const next = safe.find(isAfter) ?? safe.at(-1) ?? controls.find(isAfter) ?? controls.at(-1)
    if (next || place.matches('main, [aria-modal=true]')) return next
  }
  return undefined
}
