import { useLingui } from '@lingui/react/macro'
import { IconSearch, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { Icon } from './Icon'

/** The debounce time of the search, in ms. */
const PAUSE_MS = 200

interface Props {
  value: string
  /** Called with the trimmed text after the debounce time. */
  onChange: (text: string) => void
  label: string
  placeholder: string
  className: string
}

export function SearchField({ value, onChange, label, placeholder, className }: Props) {
  const { t } = useLingui()
  const [text, setText] = useState(value)
  const change = useRef(onChange)
  change.current = onChange
  const reported = useRef(value)
  useEffect(() => {
    // The value was changed elsewhere, for example by a link or the browser's back button.
    if (value !== reported.current) setText(value)
    reported.current = value
  }, [value])
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => {
      reported.current = text.trim()
      change.current(text.trim())
    }, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <div className={`search clearable ${className}`}>
      <Icon icon={IconSearch} />
      <input
        type="search"
        dir="auto"
        value={text}
        aria-label={label}
        placeholder={placeholder}
        onChange={event => setText(event.target.value)}
      />
      {text && (
        <button className="btn quiet icon" type="button" aria-label={t`ניקוי החיפוש`} onClick={() => setText('')}>
          <Icon icon={IconX} size="s" />
        </button>
      )}
    </div>
  )
}
