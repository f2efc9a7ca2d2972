import { Trans } from '@lingui/react/macro'
import { Component, type ReactNode } from 'react'

interface Props {
  children: ReactNode
  /** A change of this value tries again. */
  at?: string
}

/** Catches what fails while a page is drawn, so that the rest of the page goes on. */
export class Failure extends Component<Props, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override componentDidUpdate({ at }: Props) {
    if (this.state.failed && at !== this.props.at) this.setState({ failed: false })
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <main className="empty" role="alert">
        <h1>
          <Trans>הדף הזה נכשל</Trans>
        </h1>
        <p>
          <Trans>הנתונים שמורים. טעינה מחדש מתקנת את זה בדרך כלל.</Trans>
        </p>
        <button className="btn pen" type="button" onClick={() => location.reload()}>
          <Trans>לטעון מחדש</Trans>
        </button>
      </main>
    )
  }
}
