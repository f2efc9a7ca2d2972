import { ltr } from './bidi'
import { serverNow } from './clock'
import { hebrewNumber } from './hebrew-number'

const formatters = new Map<string, Formatter>()

/**
 * Returns the same formatter each time, because creating the formats of `Intl` takes a slow phone longer than everything
 * else in a row of a list.
 */
export function formatterOf(locale: 'he' | 'en', zone: string): Formatter {
  const key = `${locale} ${zone}`
  const known = formatters.get(key)
  if (known) return known
  const made = new Formatter(locale, zone)
  formatters.set(key, made)
  return made
}

/** Formats times and numbers in one language, always in the time zone of the business, never in the browser's. */
export class Formatter {
  readonly locale: string
  readonly zone: string
  readonly #formats = new Map<string, unknown>()

  constructor(locale: 'he' | 'en', zone: string) {
    this.locale = locale === 'he' ? 'he-IL' : 'en-GB'
    this.zone = zone
  }

  #cached<T>(key: string, make: () => T): T {
    const known = this.#formats.get(key) as T | undefined
    if (known) return known
    const made = make()
    this.#formats.set(key, made)
    return made
  }

  #format(options: Intl.DateTimeFormatOptions, locale = this.locale): Intl.DateTimeFormat {
    const make = () => new Intl.DateTimeFormat(locale, { timeZone: this.zone, ...options })
    return this.#cached(`${locale}${JSON.stringify(options)}`, make)
  }

  /** «9:12» */
  time(at: Date | string): string {
    return this.#format({ hour: 'numeric', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
  }

  /** «20 בנובמבר», with the year if it is not the year of `now`. */
  date(at: Date | string, now = serverNow()): string {
    return this.#format({ day: 'numeric', month: 'long', year: this.#otherYear(at, now) }).format(new Date(at))
  }

  #otherYear(at: Date | string, now: Date): 'numeric' | undefined {
    return this.day(at).slice(0, 4) === this.day(now).slice(0, 4) ? undefined : 'numeric'
  }

  /** «20.11.2026» */
  shortDate(at: Date | string): string {
    return this.#format({ day: 'numeric', month: 'numeric', year: 'numeric' }).format(new Date(at))
  }

  /** «יום ראשון, 22 בנובמבר», with the year if it is not the year of `now`. */
  longDate(at: Date | string, now = serverNow()): string {
    const year = this.#otherYear(at, now)
    return this.#format({ weekday: 'long', day: 'numeric', month: 'long', year }).format(new Date(at))
  }

  /** «יום ו׳» */
  weekday(at: Date | string): string {
    return this.#format({ weekday: 'short' }).format(new Date(at))
  }

  /** «י״ב בכסלו תשפ״ז»: the Hebrew date of the civil day. */
  hebrewDate(at: Date | string): string {
    // With these options, browsers write the day and the year in digits, so the letters are generated here.
    const parts = this.#format({ day: 'numeric', month: 'long', year: 'numeric' }, 'he-IL-u-ca-hebrew')
    return parts
      .formatToParts(new Date(at))
      .map(({ type, value }) => (type === 'day' || type === 'year' ? hebrewNumber(Number(value)) : value))
      .join('')
  }

  /** «א׳», «Tue»: the shortest form that is unique. */
  narrowWeekday(at: Date | string): string {
    return this.#format({ weekday: this.locale.startsWith('he') ? 'narrow' : 'short' }).format(new Date(at))
  }

  /** «יום ראשון» */
  weekdayName(at: Date | string): string {
    return this.#format({ weekday: 'long' }).format(new Date(at))
  }

  /** «45 דק׳», «שעה 30 דק׳»: a duration that is given in minutes. */
  length(minutes: number): string {
    const unit = (value: number, unit: 'hour' | 'minute') =>
      // Hebrew writes «שעה» without the digit 1.
      this.number(value, { style: 'unit', unit, unitDisplay: 'short' }).replace(/^1 (?=שעה$)/, '')
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
    if (hours === 0) return unit(rest, 'minute')
    return rest === 0 ? unit(hours, 'hour') : `${unit(hours, 'hour')} ${unit(rest, 'minute')}`
  }

  /** «נובמבר 2026» */
  month(at: Date | string): string {
    return this.#format({ month: 'long', year: 'numeric' }).format(new Date(at))
  }

  /** The day of the month in the Hebrew calendar: «י״ב». */
  hebrewDay(at: Date | string): string {
    return this.hebrewDate(at).split(' ')[0] ?? ''
  }

  /** The day and month of the Hebrew calendar: «י״ב בכסלו». */
  hebrewDayAndMonth(at: Date | string): string {
    return this.hebrewDate(at).split(' ').slice(0, -1).join(' ')
  }

  /** The month and year of the Hebrew calendar: «כסלו תשפ״ז». */
  hebrewMonth(at: Date | string): string {
    return this.hebrewDate(at).replace(/^\S+ ב?/, '')
  }

  /** The day in the business's time zone: «2026-11-20». */
  day(at: Date | string): string {
    return this.#format({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'en-CA').format(new Date(at))
  }

  /** Returns the number of days from the day of `now` to the day of `at`; negative for the past. */
  daysFrom(at: Date | string, now: Date): number {
    return Math.round((Date.parse(this.day(at)) - Date.parse(this.day(now))) / 86_400_000)
  }

  /** «היום», «אתמול», «מחר», «יום שישי» (of the last six days), otherwise «12 בנובמבר»: the heading of a day. */
  dayName(at: Date | string, now: Date): string {
    const days = this.daysFrom(at, now)
    if (days >= -1 && days <= 1) return this.#relative('day', days)
    if (days > -7 && days < 0) return this.#format({ weekday: 'long' }).format(new Date(at))
    return this.date(at, now)
  }

  /** For list rows: the time for today, «אתמול» or «מחר», the weekday for the last six days, otherwise the date. */
  when(at: Date | string, now: Date): string {
    const days = this.daysFrom(at, now)
    if (days === 0) return this.time(at)
    if (days === -1 || days === 1) return this.#relative('day', days)
    if (days > -7 && days < 0) return this.weekday(at)
    return this.date(at, now)
  }

  /** «לפני 4 דק׳», «לפני 3 שעות», «אתמול»: the time that has passed since `at`. */
  ago(at: Date | string, now: Date): string {
    const minutes = Math.max(0, Math.round((now.getTime() - new Date(at).getTime()) / 60_000))
    if (minutes < 1) return this.#relative('second', 0)
    if (minutes < 60) return this.#relative('minute', -minutes)
    if (minutes < 24 * 60) return this.#relative('hour', -Math.round(minutes / 60))
    return this.#relative('day', Math.min(-1, this.daysFrom(at, now)))
  }

  #relative(unit: Intl.RelativeTimeFormatUnit, value: number): string {
    // In Hebrew a single minute uses the long form: the abbreviation has no singular, and «לפני דקה» is short enough.
    const isShort = unit === 'minute' && (!this.locale.startsWith('he') || Math.abs(value) > 1)
    const style = isShort ? 'short' : 'long'
    const make = () => new Intl.RelativeTimeFormat(this.locale, { numeric: 'auto', style })
    const text = this.#cached(`relative ${style}`, make).format(value, unit)
    // CLDR adds the digit to the Hebrew singular and dual: «לפני שעה (1)», «לפני שעתיים (2)».
    return text.replace(/ \(\u200F?\d+\u200F?\)/, '')
  }

  /** «12:30–14:30»: isolated (bidi), with the start first. */
  range(from: Date | string, to: Date | string): string {
    return ltr(`${this.time(from)}–${this.time(to)}`)
  }

  number(value: number, options?: Intl.NumberFormatOptions): string {
    const make = () => new Intl.NumberFormat(this.locale, options)
    return this.#cached(`number ${JSON.stringify(options)}`, make).format(value)
  }

  /** Formats an amount in minor units (agorot). Whole amounts have no decimals. */
  money(minor: number, currency = 'ILS'): string {
    const digits = minor % 100 === 0 ? 0 : 2
    return this.number(minor / 100, { style: 'currency', currency, minimumFractionDigits: digits })
  }

  /** «1.8 MB» */
  bytes(bytes: number): string {
    const units = ['B', 'KB', 'MB', 'GB', 'TB']
    const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
    const value = bytes / 1000 ** power
    return ltr(`${this.number(value, { maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 })} ${units[power]}`)
  }
}

/** «1:07», «1:02:07»: the length of a call or recording. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
