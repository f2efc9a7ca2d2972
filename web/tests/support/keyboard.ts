import { expect, type Locator, type Page } from '@playwright/test'

/** The maximum number of stops from one control of a page to another. */
const MAX_STOPS = 120

/**
 * Moves the focus to an element with the Tab key alone, as a user without a pointer does. Each stop on the way must be
 * a visible element with a visible focus. A toast is the last element of the page, so Shift+Tab reaches it soonest.
 */
export async function tabTo(page: Page, element: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(element).toBeVisible()
  for (let stop = 0; stop < MAX_STOPS; stop++) {
    if (await element.evaluate(node => node === document.activeElement)) return
    await page.keyboard.press(key)
    const lost = await page.evaluate(() => {
      const at = document.activeElement
      // The first Tab after the last element leaves the document.
      if (!at || at === document.body) return null
      // A solid outline marks the focus; a dashed one, what the agent has written. Some fields have no outline of their
      // own, because their parent has it (`:focus-within`).
      const outlines = [at, at.parentElement].map(one => one && getComputedStyle(one).outlineStyle)
      return outlines.includes('solid') && at.checkVisibility() ? null : at.outerHTML.slice(0, 120)
    })
    expect(lost, 'the focus is not visible').toBeNull()
  }
  throw new Error(`the Tab key does not reach ${element}`)
}
