import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconClock, IconPlugConnected } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Confirm } from '#shared/components/Confirm'
import { Icon } from '#shared/components/Icon'
import { Dot, Ltr, Name, Phone, Time } from '#shared/components/text'
import { useSeconds } from '#shared/format/clock'
import { duration } from '#shared/format/time'
import { useSession } from '#shared/session'
import { NotRunning } from './NotRunning'
import { PairingForm } from './PairingForm'
import { refreshLink } from './refresh'
import { grouped, levelOf, needsSecret, possible, STATE_TEXTS, secondsUntil, TYPED_CODE_TEXT } from './states'

type Link = Schemas['BridgeStatus']

const ICONS = { ok: IconPlugConnected, wait: IconClock, bad: IconAlertCircle }

export function LinkPanel({ link }: { link: Link }) {
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const level = levelOf(link)
  const can = possible(link)
  const isTyped = Boolean(link.pairing_code && !link.pairing)
  const known = isTyped ? TYPED_CODE_TEXT : STATE_TEXTS[link.state]
  return (
    <>
      <section className="section">
        <p role="status" className={`link-state ${level}`}>
          <Icon icon={ICONS[level]} />
          <span>{known ? i18n._(known) : link.reason}</span>
        </p>
        <Facts link={link} />
        {needsSecret(link) && (
          <p className="small muted">
            <Trans>
              למי שמטפל במכונה: מגדירים את אותו <code dir="ltr">BAILEYS_WEBHOOK_SECRET</code> במכונה ובתוכנה שמחברת
              ל־WhatsApp, ומפעילים את שתיהן מחדש.
            </Trans>
          </p>
        )}
        {isOwner && (can.reconnect || can.unlink) && (
          <div className="row wrap">
            {can.reconnect && <Reconnect />}
            {can.unlink && <Unlink />}
          </div>
        )}
        {!isOwner && (
          <p className="muted">
            <Trans>רק בעלי העסק יכולים לקשר או לנתק את החשבון.</Trans>
          </p>
        )}
      </section>
      {(link.state === 'unreachable' || link.state === 'silent') && <NotRunning retry={refreshLink} />}
      {link.pairing && <QrCode pairing={link.pairing} />}
      {link.pairing_code && <PairingCode code={link.pairing_code} until={link.pairing_code_expires_at} />}
      {isOwner && can.link && <PairingForm hasCode={Boolean(link.pairing)} />}
    </>
  )
}

function Facts({ link }: { link: Link }) {
  const { account, restriction, waiting } = link
  const number = account?.phone ? `+${account.phone.replace(/\D/g, '')}` : undefined
  return (
    <ul className="muted stack">
      {account && (
        <li>
          <Trans>
            חשבון: <Name number={number} name={account.name} />
          </Trans>
          {account.name && number && (
            <>
              <Dot />
              <Phone number={number} />
            </>
          )}
        </li>
      )}
      {link.since && (
        <li>
          <Trans>
            מאז <Time at={link.since} style="full" />
          </Trans>
        </li>
      )}
      {link.not_receiving_since && (
        <li className="err">
          <Trans>
            שום דבר לא נכנס בקישור מאז <Time at={link.not_receiving_since} style="full" />, וגם הטלפון של החשבון לא
            עונה. צריך לבדוק שהוא דלוק ומחובר לאינטרנט.
          </Trans>
        </li>
      )}
      {restriction && (
        <li className="err">
          {restriction.until ? (
            <Trans>
              WhatsApp לא מאפשרת לכתוב לאנשים חדשים עד <Time at={restriction.until} style="full" />.
            </Trans>
          ) : (
            <Trans>WhatsApp לא מאפשרת כרגע לכתוב לאנשים חדשים.</Trans>
          )}
        </li>
      )}
      {(waiting.inbox ?? 0) > 0 && (
        <li>
          <Plural
            value={waiting.inbox ?? 0}
            one="הודעה אחת ממתינה להיקלט"
            two="שתי הודעות ממתינות להיקלט"
            other="# הודעות ממתינות להיקלט"
          />
        </li>
      )}
      {(waiting.media ?? 0) > 0 && (
        <li>
          <Plural value={waiting.media ?? 0} one="קובץ אחד בדרך" two="שני קבצים בדרך" other="# קבצים בדרך" />
        </li>
      )}
      {(waiting.refused ?? 0) > 0 && (
        <li>
          <Plural
            value={waiting.refused ?? 0}
            one="הודעה אחת לא נקלטה"
            two="שתי הודעות לא נקלטו"
            other="# הודעות לא נקלטו"
          />
        </li>
      )}
    </ul>
  )
}

function Reconnect() {
  const reconnect = useAction({
    run: () => unwrap(client.POST('/api/whatsapp/bridge/reconnect')),
    onDone: refreshLink,
  })
  return (
    <button className="btn pen" type="button" disabled={reconnect.isPending} onClick={() => reconnect.mutate()}>
      <Trans>חיבור מחדש</Trans>
    </button>
  )
}

function Unlink() {
  const unlink = useAction({ run: () => unwrap(client.POST('/api/whatsapp/bridge/logout')), onDone: refreshLink })
  return (
    <Confirm
      button={<Trans>ניתוק החשבון</Trans>}
      question={<Trans>לנתק את חשבון ה־WhatsApp? כדי לחבר אותו שוב יידרש קוד חדש.</Trans>}
      onConfirm={() => unlink.mutate()}
    />
  )
}

function PairingCode({ code, until }: { code: string; until: string | null | undefined }) {
  const now = useSeconds()
  return (
    <section className="section">
      <div aria-live="polite">
        <p>
          <Trans>בטלפון: WhatsApp, מכשירים מקושרים, קישור באמצעות מספר טלפון. ואז מקלידים:</Trans>
        </p>
        <output className="pairing-code" dir="ltr">
          {grouped(code)}
        </output>
      </div>
      {until && (
        <p className="muted" role="timer" aria-live="off">
          <Trans>
            הקוד טוב לעוד <Ltr>{duration(secondsUntil(until, now) * 1000)}</Ltr>. אחריו יופיע קוד חדש.
          </Trans>
        </p>
      )}
    </section>
  )
}

/** Rendered as an image, in which no script can run and which can fetch nothing. */
function QrCode({ pairing }: { pairing: Schemas['PairingQr'] }) {
  const { t } = useLingui()
  return (
    <section className="section qr-section">
      <ol className="steps">
        <li>
          <Trans>פותחים את WhatsApp בטלפון של העסק</Trans>
        </li>
        <li>
          <Trans>נכנסים ל״מכשירים מקושרים״ ולוחצים על ״קישור מכשיר״</Trans>
        </li>
        <li>
          <Trans>מכוונים את המצלמה אל הקוד הזה</Trans>
        </li>
      </ol>
      {pairing.svg ? (
        <img
          className="qr"
          alt={t`קוד QR לקישור החשבון`}
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(pairing.svg)}`}
        />
      ) : (
        <p className="muted">
          <Trans>הקוד מודפס ביומן של הגשר.</Trans>
        </p>
      )}
    </section>
  )
}
