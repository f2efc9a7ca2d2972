import { expect, test } from 'vitest'
import { readDue } from './read-due'

// 2026-11-22 is a Sunday. In Jerusalem it is 10:00.
const NOW = new Date('2026-11-22T08:00:00Z')
const read = (text: string, now = NOW) => readDue(text, now, 'Asia/Jerusalem')

test('the day is read from the words of a task', () => {
  expect(read('להתקשר לרונית מחר')).toEqual({ title: 'להתקשר לרונית', due_date: '2026-11-23' })
  expect(read('call Tom today')).toEqual({ title: 'call Tom', due_date: '2026-11-22' })
  expect(read('חשבונית עד 3.1')).toEqual({ title: 'חשבונית', due_date: '2027-01-03' })
  expect(read('להזמין צבע 7.1 מהספק')).toEqual({ title: 'להזמין צבע 7.1 מהספק' })
  expect(read('מחר')).toEqual({ title: 'מחר' })
  expect(read('משהו ב־31.2')).toEqual({ title: 'משהו ב־31.2' })
  expect(read('לאסוף ביום שלישי')).toEqual({ title: 'לאסוף', due_date: '2026-11-24' })
  expect(read('לאסוף ביום ראשון')).toEqual({ title: 'לאסוף', due_date: '2026-11-29' })
  expect(read('call Tom on Friday')).toEqual({ title: 'call Tom', due_date: '2026-11-27' })
})

test('a number with a point or a slash is a day only with a word before it, or with a year', () => {
  for (const title of ['להזמין צבע 7.1', 'לקנות חלב 1.5', 'לתקן מדף 3/4', 'buy milk 1.5', 'version 1.2.26'])
    expect(read(title)).toEqual({ title })
  expect(read('להתקשר ב־5.1')).toEqual({ title: 'להתקשר', due_date: '2027-01-05' })
  expect(read('להתקשר ב-5/1')).toEqual({ title: 'להתקשר', due_date: '2027-01-05' })
  expect(read('להכין ל־5.1')).toEqual({ title: 'להכין', due_date: '2027-01-05' })
  expect(read('לשלם עד ה־5.1')).toEqual({ title: 'לשלם', due_date: '2027-01-05' })
  expect(read('pay by 5.1')).toEqual({ title: 'pay', due_date: '2027-01-05' })
  expect(read('call Tom on 5/1 at 10')).toEqual({ title: 'call Tom', due_at: '2027-01-05T08:00:00.000Z' })
})

test('a field for the due time alone takes a day without a word', () => {
  const due = (text: string) => readDue(`- ${text}`, NOW, 'Asia/Jerusalem', { needsWord: false })
  expect(due('24.12')).toEqual({ title: '-', due_date: '2026-12-24' })
  expect(due('24.12 at 10:00')).toEqual({ title: '-', due_at: '2026-12-24T08:00:00.000Z' })
})

test('a day can have a year', () => {
  expect(read('להתקשר ב־5.1.2027')).toEqual({ title: 'להתקשר', due_date: '2027-01-05' })
  expect(read('להתקשר ב־5.1.27')).toEqual({ title: 'להתקשר', due_date: '2027-01-05' })
  expect(read('להתקשר 5.1.2028')).toEqual({ title: 'להתקשר', due_date: '2028-01-05' })
  expect(read('לברר על ב־5.1.2026')).toEqual({ title: 'לברר על ב־5.1.2026' })
})

test('the time is read from the words of a task', () => {
  // In winter, Jerusalem is two hours ahead of UTC.
  expect(read('להתקשר לרונית מחר ב-10')).toEqual({ title: 'להתקשר לרונית', due_at: '2026-11-23T08:00:00.000Z' })
  expect(read('להתקשר לרונית ב־10 מחר')).toEqual({ title: 'להתקשר לרונית', due_at: '2026-11-23T08:00:00.000Z' })
  expect(read('להתקשר לרונית מחר בשעה 9:30')).toEqual({ title: 'להתקשר לרונית', due_at: '2026-11-23T07:30:00.000Z' })
  expect(read('לבדוק היום ב-14:15')).toEqual({ title: 'לבדוק', due_at: '2026-11-22T12:15:00.000Z' })
  expect(read('לבדוק ב-14:15')).toEqual({ title: 'לבדוק', due_at: '2026-11-22T12:15:00.000Z' })
  expect(read('call Tom tomorrow at 10')).toEqual({ title: 'call Tom', due_at: '2026-11-23T08:00:00.000Z' })
  expect(read('call Tom on Monday at 5 pm')).toEqual({ title: 'call Tom', due_at: '2026-11-23T15:00:00.000Z' })
  expect(read('call Tom on Monday at 12 pm')).toEqual({ title: 'call Tom', due_at: '2026-11-23T10:00:00.000Z' })
  expect(read('call Tom on Monday at 12 am')).toEqual({ title: 'call Tom', due_at: '2026-11-22T22:00:00.000Z' })
  expect(read('call Tom on Monday at 12:30 AM')).toEqual({ title: 'call Tom', due_at: '2026-11-22T22:30:00.000Z' })
  expect(read('ביום חמישי ב-10')).toEqual({ title: 'ביום חמישי ב-10' })
})

test('a bare hour is of the working day, and alone it is no time', () => {
  expect(read('להתקשר לרונית מחר ב-3')).toEqual({ title: 'להתקשר לרונית', due_at: '2026-11-23T13:00:00.000Z' })
  expect(read('להתקשר לרונית מחר ב-6 בבוקר')).toEqual({ title: 'להתקשר לרונית', due_at: '2026-11-23T04:00:00.000Z' })
  expect(read('לשלם לספק ב-10')).toEqual({ title: 'לשלם לספק ב-10' })
  expect(read('לשלם לספק מחר ב-99')).toEqual({ title: 'לשלם לספק מחר ב-99' })
})

test('a time without a day that has passed today is tomorrow', () => {
  const afternoon = new Date('2026-11-22T13:00:00Z')
  expect(read('לבדוק בשעה 9:30', afternoon)).toEqual({ title: 'לבדוק', due_at: '2026-11-23T07:30:00.000Z' })
  expect(read('לבדוק בשעה 15:00', afternoon)).toEqual({ title: 'לבדוק', due_at: '2026-11-23T13:00:00.000Z' })
  expect(read('לבדוק בשעה 15:01', afternoon)).toEqual({ title: 'לבדוק', due_at: '2026-11-22T13:01:00.000Z' })
  // The day of the business, where it is already the 23rd.
  const night = new Date('2026-11-22T22:30:00Z')
  expect(read('לבדוק בשעה 9:30', night)).toEqual({ title: 'לבדוק', due_at: '2026-11-23T07:30:00.000Z' })
  // A day that is named is kept.
  expect(read('לבדוק היום בשעה 9:30', afternoon)).toEqual({ title: 'לבדוק', due_at: '2026-11-22T07:30:00.000Z' })
})

// The coming Friday is the 27th.
test.each([
  ['call Tom the day after tomorrow', 'call Tom', '2026-11-24'],
  ['לחזור לרונית מחרתיים', 'לחזור לרונית', '2026-11-24'],
  ['call Tom next Friday', 'call Tom', '2026-12-04'],
  ['call Tom next Sunday', 'call Tom', '2026-11-29'],
  ['finish this Monday', 'finish', '2026-11-23'],
  ['pay invoice by Friday', 'pay invoice', '2026-11-27'],
  ['order cake for Sunday', 'order cake', '2026-11-29'],
  ['report until tomorrow', 'report', '2026-11-23'],
  ['Call Friday', 'Call', '2026-11-27'],
  ['call Tom Friday', 'call Tom', '2026-11-27'],
  ['לסיים דוח עד מחר', 'לסיים דוח', '2026-11-23'],
  ['לשלם עד יום שלישי', 'לשלם', '2026-11-24'],
  ['לקנות פרחים לפני שבת', 'לקנות פרחים', '2026-11-28'],
  ['להכין עוגה ליום שישי', 'להכין עוגה', '2026-11-27'],
  ['להתקשר ביום שישי הבא', 'להתקשר', '2026-12-04'],
  ['להתקשר ביום שישי הקרוב', 'להתקשר', '2026-11-27'],
  ['לסדר את המחסן שבת הבאה', 'לסדר את המחסן', '2026-12-05'],
])('the words around a day belong to it: %s', (text, title, due_date) => {
  expect(read(text)).toEqual({ title, due_date })
})

test.each([
  'email about Black Friday',
  'plan black friday',
  'Good Friday',
  'water the plants every Monday',
  'email Dana about tomorrow',
  'לבדוק כל יום ראשון',
  'לדבר עם דנה על יום שישי',
  'לכתוב מבחן ראשון',
  'by Friday',
  'meet at the morning',
  'order 10:00',
])('a day that is not the due day stays in the words: %s', title => {
  expect(read(title)).toEqual({ title })
})

test.each([
  ['להתקשר מחר בבוקר', 'להתקשר', '07:00'],
  ['להתקשר מחר בצהריים', 'להתקשר', '10:00'],
  ['להתקשר מחר 10:00', 'להתקשר', '08:00'],
  ['להתקשר מחר ב־4 אחה״צ', 'להתקשר', '14:00'],
  ['להתקשר עד מחר ב-10', 'להתקשר', '08:00'],
  ['call Tom tomorrow 10:00', 'call Tom', '08:00'],
  ['call Tom tomorrow at noon', 'call Tom', '10:00'],
  ['call Tom tomorrow morning', 'call Tom', '07:00'],
  ['call Tom at noon tomorrow', 'call Tom', '10:00'],
  ['call Tom by tomorrow 5 pm', 'call Tom', '15:00'],
  ['call Tom tomorrow at 6 in the evening', 'call Tom', '16:00'],
])('the time beside a day is read: %s', (text, title, time) => {
  expect(read(text)).toEqual({ title, due_at: `2026-11-23T${time}:00.000Z` })
})

test.each([
  ['מחר לקנות חלב', 'לקנות חלב', '2026-11-23'],
  ['היום: לסגור קופה', 'לסגור קופה', '2026-11-22'],
  ['ביום שלישי לאסוף את העוגה', 'לאסוף את העוגה', '2026-11-24'],
  ['ב-24.12 לסדר את החלון', 'לסדר את החלון', '2026-12-24'],
  ['tomorrow buy milk', 'buy milk', '2026-11-23'],
  ['On Friday call Tom', 'call Tom', '2026-11-27'],
  ['next Friday: call Tom', 'call Tom', '2026-12-04'],
  ['בעוד שבוע לבדוק', 'לבדוק', '2026-11-29'],
  ['לבדוק בעוד שבוע', 'לבדוק', '2026-11-29'],
  ['לבדוק בעוד יומיים', 'לבדוק', '2026-11-24'],
  ['לבדוק בעוד שלושה ימים', 'לבדוק', '2026-11-25'],
  ['לבדוק בעוד 3 שבועות', 'לבדוק', '2026-12-13'],
  ['לבדוק בעוד חודש', 'לבדוק', '2026-12-22'],
  ['check in a week', 'check', '2026-11-29'],
  ['in two days check the stock', 'check the stock', '2026-11-24'],
  ['check in 2 months', 'check', '2027-01-22'],
  ['ספק ב-15 בדצמבר', 'ספק', '2026-12-15'],
  ['ספק ב־15 לינואר', 'ספק', '2027-01-15'],
  ['ב-15 בדצמבר לשלם לספק', 'לשלם לספק', '2026-12-15'],
  ['לחדש ביטוח עד 3 במרץ 2027', 'לחדש ביטוח', '2027-03-03'],
  ['pay the supplier on December 15', 'pay the supplier', '2026-12-15'],
  ['pay the supplier by 15th of December', 'pay the supplier', '2026-12-15'],
  ['renew on March 3, 2028', 'renew', '2028-03-03'],
])('a day at the start, from now on, or with a named month is read: %s', (text, title, due_date) => {
  expect(read(text)).toEqual({ title, due_date })
})

test.each([
  ['היום ב-17:00 לסגור', 'לסגור', '2026-11-22T15:00'],
  ['מחר ב 9:30 לפתוח', 'לפתוח', '2026-11-23T07:30'],
  ['מחר בבוקר לפתוח', 'לפתוח', '2026-11-23T07:00'],
  ['מחר לקנות חלב ב-17:00', 'לקנות חלב', '2026-11-23T15:00'],
  ['בשעה 9:30 להתקשר מחר', 'להתקשר', '2026-11-23T07:30'],
  ['today at 17:00 close up', 'close up', '2026-11-22T15:00'],
  ['להתקשר לרונית מחר בעשר', 'להתקשר לרונית', '2026-11-23T08:00'],
  ['להתקשר מחר בשלוש וחצי', 'להתקשר', '2026-11-23T13:30'],
  ['להתקשר מחר באחת עשרה', 'להתקשר', '2026-11-23T09:00'],
  ['להזמין פרחים ביום שישי בשמונה בבוקר', 'להזמין פרחים', '2026-11-27T06:00'],
  ['ביום שישי בשמונה וחצי בבוקר להזמין פרחים', 'להזמין פרחים', '2026-11-27T06:30'],
  ['call Tom tomorrow at ten', 'call Tom', '2026-11-23T08:00'],
  ['call Tom on Friday at eight in the morning', 'call Tom', '2026-11-27T06:00'],
  ['on Friday at half past eight in the morning call Tom', 'call Tom', '2026-11-27T06:30'],
  ['להתקשר לרונית בעוד שעתיים', 'להתקשר לרונית', '2026-11-22T10:00'],
  ['בעוד חצי שעה לבדוק את התנור', 'לבדוק את התנור', '2026-11-22T08:30'],
  ['call Tom in two hours', 'call Tom', '2026-11-22T10:00'],
  ['in 20 minutes check the oven', 'check the oven', '2026-11-22T08:20'],
  ['לבדוק בעוד שבוע ב-10', 'לבדוק', '2026-11-29T08:00'],
])('a time at the start, in words, or from now on is read: %s', (text, title, due_at) => {
  expect(read(text)).toEqual({ title, due_at: `${due_at}:00.000Z` })
})

test.each([
  'Friday report',
  'יום ראשון של המבצע',
  'בעוד שבוע',
  'מחר ב-10',
  'להזמין עשר',
  'לקנות חולצה בעשר',
  'ספק ב-31 בפברואר',
  'order in bulk',
])('words without a due time stay: %s', title => {
  expect(read(title)).toEqual({ title })
})
