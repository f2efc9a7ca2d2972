import { Trans } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { LinkPanel } from './LinkPanel'

export default function WhatsAppPage() {
  useDocumentTitle('WhatsApp')
  const query = useQuery({ ...apiQuery('/api/whatsapp/bridge'), staleTime: 0 })
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <div className="page-head">
          <h1>WhatsApp</h1>
        </div>
        <Loaded
          query={query}
          skeleton={<SkeletonRows count={2} height={84} />}
          title={<Trans>מצב החיבור לא נטען</Trans>}
        >
          {link => <LinkPanel link={link} />}
        </Loaded>
      </main>
    </div>
  )
}
