/** A call of two lanes, with the user's voice in the colour `pen`. */
export function Brand() {
  return (
    <svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true">
      <g fill="none" strokeWidth="3" strokeLinecap="round">
        <path stroke="currentColor" d="M4 13.5v-3M9.5 13.5V6M15 13.5V2.5M20.5 13.5V8M26 13.5v-2" />
        <path stroke="var(--pencil-edge)" d="M4 18.5V20M9.5 18.5v6M15 18.5v3" />
        <path stroke="var(--pen-text)" d="M20.5 18.5v9M26 18.5v4" />
      </g>
    </svg>
  )
}
