import './contacts.css'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { idOf, useUrl } from '#shared/url'
import { contactQuery } from './api'
import { MergePicker } from './MergePicker'
import { MergeTable } from './MergeTable'

export default function MergePage() {
  const { t } = useLingui()
  useDocumentTitle(t`איחוד לקוחות`)
  const [params, change] = useUrl()
  const [keep, other] = [idOf(params.get('keep')), idOf(params.get('other'))]
  const choose = (id: number) => change({ other: id }, false)
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow contacts">
        <div className="page-head">
          <Link
            className="btn quiet icon"
            href={keep === null ? '/app/contacts' : `/app/contacts/${keep}`}
            aria-label={t`חזרה`}
          >
            <Icon icon={IconArrowLeft} />
          </Link>
          <h1>
            <Trans>זה אותו לקוח?</Trans>
          </h1>
        </div>
        {keep === null ? (
          <EmptyState
            title={<Trans>חסר לקוח להשוואה</Trans>}
            action={
              <Link className="btn" href="/app/contacts">
                <Trans>לכל הלקוחות</Trans>
              </Link>
            }
          >
            <Trans>מתחילים מהכרטיס של אחד מהם.</Trans>
          </EmptyState>
        ) : other === null || other === keep ? (
          <MergePicker keep={keep} choose={choose} />
        ) : (
          <Both keep={keep} other={other} suggestion={idOf(params.get('suggestion'))} />
        )}
      </main>
    </div>
  )
}

function Both({ keep, other, suggestion }: { keep: number; other: number; suggestion: number | null }) {
  const [first, second] = [useQuery(contactQuery(keep)), useQuery(contactQuery(other))]
  return (
    <Loaded query={first} skeleton={<SkeletonRows count={5} height={56} />}>
      {kept => (
        <Loaded query={second} skeleton={<SkeletonRows count={5} height={56} />}>
          {merged => <MergeTable kept={kept} merged={merged} suggestion={suggestion} />}
        </Loaded>
      )}
    </Loaded>
  )
}
