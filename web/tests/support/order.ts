/**
 * Runs in the page. Returns the texts whose words are not in reading order on the screen: in a page that is read from
 * left to right, a word that follows another is to the right of it, except inside a Hebrew phrase; in a Hebrew page,
 * the reverse. A part with its own direction counts as one word. Texts whose direction depends on their own letters are
 * left out, because users wrote them.
 */
export function misordered(): string[] {
  interface Unit {
    text: string
    rects: DOMRect[]
  }
  const isIsolated = ({ unicodeBidi }: CSSStyleDeclaration) => /isolate|plaintext/.test(unicodeBidi)
  const isOut = (element: Element, { display, position }: CSSStyleDeclaration) =>
    display === 'none' || position === 'absolute' || position === 'fixed' || !element.checkVisibility()

  const rectsOf = (node: Text, from: number, to: number) => {
    const range = document.createRange()
    range.setStart(node, from)
    range.setEnd(node, to)
    return { text: node.data.slice(from, to), rects: [...range.getClientRects()] }
  }

  /** Returns the words of a text. Consecutive words of the other script are one unit. */
  function wordsOf(node: Text, other: RegExp): Unit[] {
    const units: Unit[] = []
    let phrase: [number, number] | undefined
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      const end = index + word.length
      if (other.test(word)) {
        phrase = [phrase?.[0] ?? index, end]
        continue
      }
      if (phrase) units.push(rectsOf(node, ...phrase))
      phrase = undefined
      if (/[\p{L}\p{N}]/u.test(word)) units.push(rectsOf(node, index, end))
    }
    if (phrase) units.push(rectsOf(node, ...phrase))
    return units
  }

  /** Returns the words of an element that makes lines, and its parts that count as one word. */
  function unitsOf(parent: Node, other: RegExp): Unit[] {
    return [...parent.childNodes].flatMap(node => {
      if (node instanceof Text) return wordsOf(node, other)
      if (!(node instanceof Element)) return []
      const style = getComputedStyle(node)
      if (isOut(node, style)) return []
      if (style.display === 'contents' || (style.display === 'inline' && !isIsolated(style)))
        return unitsOf(node, other)
      const text = node.textContent ?? ''
      return style.display.startsWith('inline') && text ? [{ text, rects: [...node.getClientRects()] }] : []
    })
  }

  const faults = new Set<string>()
  for (const box of document.querySelectorAll<HTMLElement>('body *')) {
    const style = getComputedStyle(box)
    if (/^inline$|contents|flex|grid/.test(style.display) || isOut(box, style)) continue
    if (style.unicodeBidi === 'plaintext' || box.closest('[dir=auto], svg')) continue
    const isRtl = style.direction === 'rtl'
    const units = unitsOf(box, isRtl ? /^\P{L}*\p{Script=Latin}/u : /^\P{L}*\p{Script=Hebrew}/u)
    for (const [at, { text, rects }] of units.entries()) {
      const [last, next] = [units[at - 1]?.rects.at(-1), rects[0]]
      const isSameLine = last && next && next.top < last.bottom - 3 && last.top < next.bottom - 3
      if (!isSameLine) continue
      const step = next.left + next.right - last.left - last.right
      if (isRtl ? step > 0 : step < 0) faults.add(`«${units[at - 1]?.text}» and «${text}» in «${box.textContent}»`)
    }
  }
  return [...faults]
}

/** Runs in the page. Returns the texts of which an element hides a part. In the narrow lanes of a week, names are cut. */
export function clipped(): string[] {
  const faults = new Set<string>()
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    const { overflowX, overflowY } = getComputedStyle(element)
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element
    const isWide = /hidden|clip/.test(overflowX) && scrollWidth > clientWidth + 1
    const isHigh = /hidden|clip/.test(overflowY) && scrollHeight > clientHeight + 2
    // Texts for screen readers are one pixel wide.
    if ((!isWide && !isHigh) || clientWidth < 3 || element.closest('.lane, .lanes-head')) continue
    if (element.checkVisibility() && element.textContent?.trim()) faults.add(`cut: «${element.textContent}»`)
  }
  return [...faults]
}

/** Runs in the page. Returns the texts in which a line ends with a separator, or a phone number is on two lines. */
export function broken(): string[] {
  const faults = new Set<string>()
  const blockOf = (node: Node): Element | null => {
    let at = node.parentElement
    while (at && /^(inline|contents)$/.test(getComputedStyle(at).display)) at = at.parentElement
    return at
  }
  const rectsOf = (node: Text, from: number, to: number) => {
    const range = document.createRange()
    range.setStart(node, from)
    range.setEnd(node, to)
    return [...range.getClientRects()]
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  let dot: { block: Element | null; rect: DOMRect } | undefined
  while (walker.nextNode()) {
    const node = walker.currentNode as Text
    if (!node.data.trim() || !node.parentElement?.checkVisibility() || node.parentElement.closest('svg, option'))
      continue
    const block = blockOf(node)
    const said = () => `«${block?.textContent}»`
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      const [rect] = rectsOf(node, index, index + word.length)
      if (!rect) continue
      if (dot && dot.block === block && rect.top >= dot.rect.bottom - 3) faults.add(`ends with a separator: ${said()}`)
      dot = word === '·' ? { block, rect } : undefined
    }
    for (const { 0: number, index } of node.data.matchAll(/\+?\d[\d-]{7,}\d/g)) {
      const [first, ...rest] = rectsOf(node, index, index + number.length)
      if (first && rest.some(({ top }) => top >= first.bottom - 3)) faults.add(`${number} is on two lines in ${said()}`)
    }
  }
  return [...faults]
}
