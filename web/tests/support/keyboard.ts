import { expect, type Locator, type Page } from '@playwright/test'

/** The maximum number of stops from one control of a page to another. */
const MAX_STOPS = 120

/**
 * Moves the focus to an element with the Tab key alone, as a user without a pointer does. Each stop on the way must be
 * a visible element with a visible focus. A toast is the last element of the page, so Shift+Tab reaches it soonest.
 */
export async function tabTo(page: Page, element: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(element).toBeVisible()
  let target = await element.elementHandle()
  for (let stop = 0; stop < MAX_STOPS; stop++) {
    const { isThere, isGone, lost } = await page.evaluate(target => {
      const at = document.activeElement
      const found = { isThere: at === target, isGone: !target?.isConnected, lost: null }
      // The first Tab after the last element leaves the document.
      if (!at || at === document.body) return found
      // A solid outline marks the focus; a dashed one, what the agent has written. Some fields have no outline of their
      // own, because their parent has it (`:focus-within`).
      const outlines = [at, at.parentElement].map(one => one && getComputedStyle(one).outlineStyle)
      const isSeen = outlines.includes('solid') && at.checkVisibility()
      return { ...found, lost: isSeen ? null : at.outerHTML.slice(0, 120) }
    }, target)
    if (stop > 0) expect(lost, 'the focus is not visible').toBeNull()
    if (isThere) return
    // The page has replaced the element.
    if (isGone) target = await element.elementHandle()
    await page.keyboard.press(key)
  }
  throw new Error(`the Tab key does not reach ${element}`)
}
