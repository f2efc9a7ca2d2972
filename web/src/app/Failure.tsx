import { Trans } from '@lingui/react/macro'
import { Component, type ReactNode } from 'react'
import { PageLoadError, reloadFailedParts } from '#shared/deferred'
import { NotLoaded } from './NotLoaded'

interface Props {
  children: ReactNode
  /** When this value changes, the children are rendered again after an error. */
  at?: string
}

interface State {
  error: unknown
  /** How often the user or the page has retried loading the same page. */
  attempts: number
}

export class Failure extends Component<Props, State> {
  override state: State = { error: undefined, attempts: 0 }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error }
  }

  override componentDidUpdate({ at }: Props) {
    if (at === this.props.at || (this.state.error === undefined && this.state.attempts === 0)) return
    reloadFailedParts()
    this.setState({ error: undefined, attempts: 0 })
  }

  retry = () => {
    reloadFailedParts()
    this.setState(({ attempts }) => ({ error: undefined, attempts: attempts + 1 }))
  }

  override render() {
    const { error, attempts } = this.state
    if (error === undefined) return this.props.children
    if (error instanceof PageLoadError) return <NotLoaded retry={this.retry} attempts={attempts} />
    return (
      <main>
        <div className="empty" role="alert">
          <h1>
            <Trans>הדף הזה נכשל</Trans>
          </h1>
          <p>
            <Trans>הנתונים שמורים. טעינה מחדש מתקנת את זה בדרך כלל.</Trans>
          </p>
          <button className="btn pen" type="button" onClick={() => location.reload()}>
            <Trans>לטעון מחדש</Trans>
          </button>
        </div>
      </main>
    )
  }
}
