const LETTERS: readonly (readonly [number, string])[] = [
  [400, 'ת'],
  [300, 'ש'],
  [200, 'ר'],
  [100, 'ק'],
  [90, 'צ'],
  [80, 'פ'],
  [70, 'ע'],
  [60, 'ס'],
  [50, 'נ'],
  [40, 'מ'],
  [30, 'ל'],
  [20, 'כ'],
  [10, 'י'],
  [9, 'ט'],
  [8, 'ח'],
  [7, 'ז'],
  [6, 'ו'],
  [5, 'ה'],
  [4, 'ד'],
  [3, 'ג'],
  [2, 'ב'],
  [1, 'א'],
]

/** Returns a number in Hebrew letters without its thousands, as in dates: 5 is «ה׳», the year 5787 is «תשפ״ז». */
export function hebrewNumber(value: number): string {
  let rest = value % 1000
  let text = ''
  for (const [worth, letter] of LETTERS) {
    // 15 and 16 are written as 9 + 6 and 9 + 7, because 10 + 5 and 10 + 6 begin the name of God.
    if (worth === 10 && (rest === 15 || rest === 16)) continue
    while (rest >= worth) {
      text += letter
      rest -= worth
    }
  }
  return text.length === 1 ? `${text}׳` : `${text.slice(0, -1)}״${text.slice(-1)}`
}
