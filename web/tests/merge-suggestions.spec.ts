import { contactOf, owner } from './support/api'
import { expect, inspectAll, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'
const RON = '+972541112233'

test(
  'a suggested pair is compared before it is merged, and its dismissal can be undone',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    await ownDaemon.receive('אפשר תור?', NOA, 'נועה ברק')
    await ownDaemon.receive('שלום', RON, 'נועה')
    await logIn(page, ownDaemon)
    const api = await owner(page, ownDaemon)
    const [noa, ron] = [await contactOf(api, NOA), await contactOf(api, RON)]
    await ownDaemon.stop()
    await ownDaemon.database(database => {
      database.exec(`INSERT INTO merge_suggestions(business_id, first_contact, second_contact, address, reason, created_at)
      VALUES (1, ${noa.id}, ${ron.id}, '${RON}', 'named_together', '2026-11-20T08:00:00.000Z')`)
    })
    await ownDaemon.start()
    await page.goto(`${ownDaemon.url}/app/merge-suggestions`)
    const row = page.locator('.problem')
    await expect(row).toContainText('באיחוד נשאר הכרטיס של נועה ברק')
    await expect(row.getByRole('link', { name: 'נועה', exact: true })).toHaveAttribute(
      'href',
      `/app/contacts/${ron.id}`,
    )
    await inspectAll(page, 'merge-suggestions')
    await page.goto(`${ownDaemon.url}/app/merge-suggestions`)
    await row.locator('a.btn').click()
    await expect(page).toHaveURL(new RegExp(`keep=${noa.id}&other=${ron.id}&suggestion=`))
    await expect(page.locator('table.merge')).toBeVisible()
    await page.goBack()
    await prepare(page, VIEWS[0])
    await page.reload()
    await row.getByRole('button', { name: 'לא, שני אנשים' }).click()
    await expect(row).toHaveCount(0)
    await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
    await expect(row).toHaveCount(1)
  },
)
