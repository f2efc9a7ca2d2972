import './contacts.css'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { useParams } from 'wouter'
import { Link } from '#shared/components/Link'
import { isMissing, Loaded, SkeletonRows } from '#shared/components/states'
import { isolate } from '#shared/format/bidi'
import { contactQuery } from './api'
import { ContactCard } from './ContactCard'
import { type Erased, ErasedContact } from './ErasedContact'
import { Side, Work } from './Side'
import { Timeline } from './Timeline'
import { useMerged } from './use-merged'

export default function ContactPage() {
  const { t } = useLingui()
  const { id } = useParams<{ id: string }>()
  const query = useQuery(contactQuery(Number(id)))
  const contact = useMerged(Number(id), query.data)
  const name = contact?.display_name
  useDocumentTitle(name ? isolate(name) : t`לקוח`)
  const isPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  // The event of the deletion may arrive before the response, so this state must survive the removal of the contact.
  const [erased, setErased] = useState<{ id: string; answer: Erased }>()
  if (erased?.id === id) return <ErasedContact erased={erased.answer} />
  const isGone = isMissing(query.error)
  return (
    <main className={isGone ? 'page' : 'contacts who3'}>
      {(isGone || !contact) && (
        <h1 className="vh">
          <Trans>לקוח</Trans>
        </h1>
      )}
      <Loaded
        query={{ ...query, data: contact }}
        skeleton={<CardSkeleton />}
        title={<Trans>הכרטיס לא נטען. הוא שמור</Trans>}
        missing={{
          title: <Trans>הלקוח לא נמצא. ייתכן שאוחד עם לקוח אחר או נמחק</Trans>,
          action: (
            <Link className="btn" href="/app/contacts">
              <Trans>לכל הלקוחות</Trans>
            </Link>
          ),
        }}
      >
        {contact => (
          // The key discards the input of forms about another contact.
          <Fragment key={contact.id}>
            <section className="pane" aria-label={t`כרטיס`}>
              <ContactCard contact={contact} />
            </section>
            {isPhone && <Work contact={contact} />}
            <Timeline contact={contact} />
            <Side contact={contact} isRest={isPhone} onErased={answer => setErased({ id, answer })} />
          </Fragment>
        )}
      </Loaded>
    </main>
  )
}

const CardSkeleton = () => (
  <>
    <section className="pane">
      <SkeletonRows count={5} height={96} />
    </section>
    <section className="pane">
      <SkeletonRows count={8} height={66} />
    </section>
  </>
)
