import { useLingui } from '@lingui/react/macro'
import type { Player } from './audio'

/** The icon is never mirrored. */
export function PlayButton({ player, label }: { player: Player; label: string }) {
  const { t } = useLingui()
  return (
    <button
      className="play"
      type="button"
      aria-label={player.isPlaying ? t`עצירת הניגון` : label}
      data-loading={player.isLoading || undefined}
      onClick={player.toggle}
    >
      <svg className="i" viewBox="0 0 24 24" aria-hidden="true">
        <path d={player.isPlaying ? 'M8 5h3v14H8zM14 5h3v14h-3z' : 'M8 5.5v13l11-6.5z'} />
      </svg>
    </button>
  )
}
