import { Trans } from '@lingui/react/macro'
import { IconBrandWhatsapp } from '@tabler/icons-react'
import { useId } from 'react'
import { codeText } from '#shared/api/problem-text'
import { useBridgeOutage } from '#shared/bridge'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'
import type { Notice } from './useNotice'

/** Whether the contact gets a WhatsApp message about the change, with its text, or the reason why it cannot be sent. */
export function NotifyChoice({ notice: { preview, isChosen, choose } }: { notice: Notice }) {
  const id = useId()
  const outage = useBridgeOutage(preview?.route.provider === 'baileys')
  if (!preview) return null
  const { refusal, route, text } = preview
  return (
    <div className="note notify">
      <label className="row">
        <input
          type="checkbox"
          checked={isChosen && refusal == null}
          disabled={refusal != null}
          aria-describedby={id}
          onChange={event => choose(event.target.checked)}
        />
        <Trans>לשלוח ללקוח הודעת WhatsApp</Trans>
      </label>
      <div id={id}>
        {refusal != null ? (
          <p className="small warn">{codeText(refusal) ?? <Trans>אי אפשר לשלוח עכשיו הודעה ללקוח הזה.</Trans>}</p>
        ) : (
          isChosen && (
            <>
              <Plain text={text} as="p" className="notice-text" />
              <p className="small muted">
                {outage ? (
                  <Trans>WhatsApp מנותק. ההודעה תחכה ותישלח כשהחיבור יחזור.</Trans>
                ) : route.template ? (
                  <Trans>חלון התשובה סגור, אז ההודעה תישלח בתבנית המאושרת.</Trans>
                ) : (
                  <Trans>ההודעה תישלח כמה שניות אחרי השמירה. ביטול השינוי מבטל גם אותה.</Trans>
                )}
              </p>
            </>
          )
        )}
      </div>
    </div>
  )
}

/** Stands beside the button that makes the change, because the choice can be scrolled out of sight. */
export function NotifyLine({ notice: { notify } }: { notice: Notice }) {
  if (!notify) return null
  return (
    <p className="small notify-line" role="status">
      <Icon icon={IconBrandWhatsapp} size="s" />
      <Trans>הלקוח יקבל הודעת WhatsApp</Trans>
    </p>
  )
}
