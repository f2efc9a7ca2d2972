import { Trans } from '@lingui/react/macro'
import type { Schemas } from '../api/client'
import { GatePage } from './GatePage'

export function ConnectionError({ error }: { error: Pick<Schemas['ErrorDetail'], 'params'> }) {
  const params = (error.params ?? {}) as Record<string, string | undefined>
  const url = params.https_url
  return (
    <GatePage isWide>
      <div role="alert">
        <h1>
          <Trans>נדרש חיבור מוצפן</Trans>
        </h1>
      </div>
      {url ? <ByHttps url={url} /> : <Advice reason={params.reason} proxy={params.proxy} />}
    </GatePage>
  )
}

function ByHttps({ url }: { url: string }) {
  return (
    <>
      <p className="lead">
        <Trans>סיסמאות וקודים מתקבלים רק בחיבור מוצפן, או מתוך הרשת שלכם. הדף נמצא גם כאן:</Trans>
      </p>
      {/* During the set-up, the fragment contains the set-up code, so the link keeps it. */}
      <a className="btn pen big" dir="ltr" href={url + location.pathname + location.search + location.hash}>
        {url}
      </a>
      <p className="muted">
        <Trans>
          אם הדפדפן מזהיר מפני התעודה, צריך להשוות את טביעת האצבע שלה לזו שמדפיסה הפקודה{' '}
          <code dir="ltr">sudo agentlocator setup</code>
        </Trans>
      </p>
    </>
  )
}

function Advice({ reason, proxy }: { reason: string | undefined; proxy: string | undefined }) {
  if (reason === 'proxy_not_named') {
    return (
      <>
        <p className="lead">
          <Trans>
            השרת שמעביר לכאן את הבקשות (reverse proxy) אומר שהגעתם ב־https, אבל הוא לא רשום בהגדרות, ולכן אין מאמינים
            לו. אם הוא שלכם, מי שמטפל במכונה מוסיף לקובץ <code dir="ltr">/etc/agentlocator/config.toml</code>:
          </Trans>
        </p>
        <pre dir="ltr">{`[http]\ntrusted_proxies = ["${proxy ?? ''}"]`}</pre>
        <p className="muted">
          <Trans>
            ואחר כך מריץ: <code dir="ltr">sudo agentlocator reload</code>
          </Trans>
        </p>
      </>
    )
  }
  if (reason === 'proxy_header_missing') {
    return (
      <p className="lead">
        <Trans>
          השרת שמעביר לכאן את הבקשות לא אומר אם הן הגיעו ב־https. צריך להגדיר בו את הכותרת{' '}
          <code dir="ltr">X-Forwarded-Proto</code>.
        </Trans>
      </p>
    )
  }
  // Without a proxy, the port of this address is the one on which the machine listens.
  const tunnel = `ssh -L 8080:127.0.0.1:${location.port || '80'} ${location.hostname}`
  return (
    <p className="lead">
      <Trans>
        סיסמאות וקודים מתקבלים רק בחיבור מוצפן, או מתוך הרשת שלכם, ולמכונה אין עדיין כתובת https. אפשר להגדיר את{' '}
        <code dir="ltr">tls.domain</code> בקובץ <code dir="ltr">/etc/agentlocator/config.toml</code>, או להריץ{' '}
        <code dir="ltr">{tunnel}</code> ולפתוח את <code dir="ltr">http://127.0.0.1:8080</code>.
      </Trans>
    </p>
  )
}
