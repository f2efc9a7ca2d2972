/** The buttons of open menus and popovers. */
const OPENERS = '[aria-haspopup=menu][aria-expanded=true], [aria-haspopup=dialog][aria-expanded=true]'

/**
 * Closes the newest open menu or popover by Escape while the focus is still outside, just after it has opened. Mantine
 * handles the key only inside, and moves the focus there a moment later.
 */
function closeByEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || event.isComposing) return
  const opener = [...document.querySelectorAll<HTMLElement>(OPENERS)].at(-1)
  const layer = document.getElementById(opener?.getAttribute('aria-controls') ?? '')
  if (!opener || !layer || (event.target instanceof Node && layer.contains(event.target))) return
  event.preventDefault()
  // A dialog below would close as well.
  event.stopImmediatePropagation()
  const inside = layer.querySelector('[data-mantine-stop-propagation]') ?? layer
  inside.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true, cancelable: true }))
  // The focus that was on its way would be lost with the layer.
  layer.addEventListener('focusin', () => opener.getAttribute('aria-expanded') !== 'true' && opener.focus())
}

// Before the listeners of dialogs and shortcuts, which are added when they render.
addEventListener('keydown', closeByEscape, true)
