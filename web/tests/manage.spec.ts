import { contactOf, owner } from './support/api'
import { expect, inspect, layouts, long, prepare, test } from './support/fixtures'
import { visit } from './support/shop'

interface List {
  items: { id: number; name: string | null; contact_count?: number }[]
}

for (const view of layouts('phone')) {
  const at = `${view.language} ${view.width} ${view.scheme}`
  const say = (he: string, en: string) => (view.language === 'he' ? he : en)

  test(
    `tags and details are added, renamed and removed where they are used, ${at}`,
    long,
    async ({ page, ownDaemon }) => {
      test.setTimeout(120_000)
      await prepare(page, view)
      await ownDaemon.start()
      await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
      await ownDaemon.receive('היי', '+972523334455', 'אבי לוי')
      const api = await owner(page, ownDaemon)
      const { send, get } = api
      const dana = await contactOf(api, '+972509876543')
      const regular = await send<{ id: number }>('POST', '/api/tags', { name: 'קבוע' })
      await send('PUT', `/api/contacts/${dana.id}/tags/${regular.id}`)
      const named = async (path: string) => (await get<List>(path)).items.map(({ name }) => name)
      const counts = async () => (await get<List>('/api/tags')).items.map(one => [one.name, one.contact_count])
      const toast = page.locator('.toast').last()
      const undo = async (text: string) => {
        await expect(toast).toContainText(text)
        await toast.getByRole('button', { name: say('ביטול', 'Undo') }).click()
      }
      const dialog = page.locator('.mantine-Modal-content')
      const name = dialog.getByRole('textbox', { name: say('שם', 'Name'), exact: true })
      const row = (text: string) => dialog.locator('li', { hasText: text })

      // A new tag for the selected contacts.
      await page.goto(`${ownDaemon.url}/app/contacts`)
      await page.getByRole('checkbox', { name: say('בחירת כולם', 'Select all') }).click()
      await page.getByRole('button', { name: say('הוספת תגית', 'Add a tag') }).click()
      await page.getByRole('textbox', { name: say('שם התגית', 'Name of the tag') }).fill('חדשה')
      await page.keyboard.press('Enter')
      await expect.poll(counts).toEqual([
        ['חדשה', 2],
        ['קבוע', 1],
      ])
      await page.keyboard.press('Escape')

      const open = page.getByRole('button', { name: say('ניהול תגיות', 'Manage tags') })
      await open.focus()
      await page.keyboard.press('Enter')
      await expect(row('קבוע')).toBeVisible()
      await inspect(page, 'manage-tags', view)
      await row('קבוע').getByRole('button').first().click()
      await expect(name).toBeFocused()
      await page.keyboard.press('Escape')
      await expect(name).toHaveCount(0)
      await row('קבוע').getByRole('button').first().click()
      await name.fill('חדשה')
      await page.keyboard.press('Enter')
      await expect(dialog.locator('.err')).toBeVisible()
      await inspect(page, 'manage-tags-taken', view)
      await name.fill('נאמן')
      await page.keyboard.press('Enter')
      await expect(row('נאמן')).toBeVisible()
      await undo(say('נשמר', 'Saved'))
      await expect(row('קבוע')).toBeVisible()
      // Another user renames the tag meanwhile.
      await row('קבוע').getByRole('button').first().click()
      await name.fill('שלי')
      await send('PATCH', `/api/tags/${regular.id}`, { name: 'שלהם' })
      await page.keyboard.press('Enter')
      await expect(dialog.getByRole('alert')).toContainText('שלהם')
      await dialog.getByRole('button', { name: say('לשמור את שלי', 'Save mine') }).click()
      await expect(row('שלי')).toBeVisible()
      // A tag in use is removed after a question, another one at once and with an undo.
      const remove = (text: string) => row(text).getByRole('button', { name: say('הסרה', 'Remove') })
      await remove('חדשה').click()
      const question = page.locator('.mantine-Popover-dropdown', { hasText: say('משני לקוחות', '2 contacts') })
      await expect(question.getByRole('button').last()).toBeFocused()
      await page.keyboard.press('Escape')
      await expect(question).toHaveCount(0)
      await expect(dialog).toBeVisible()
      await remove('חדשה').click()
      await question.getByRole('button').first().click()
      await expect.poll(() => named('/api/tags')).toEqual(['שלי'])
      await dialog.getByRole('textbox', { name: say('תגית חדשה', 'New tag') }).fill('זמנית')
      await page.keyboard.press('Enter')
      await remove('זמנית').click()
      await expect(row('זמנית')).toHaveCount(0)
      await undo(say('נמחקה', 'was deleted'))
      await expect.poll(() => named('/api/tags')).toEqual(['זמנית', 'שלי'])
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
      await expect(open).toBeFocused()

      const size = await send<{ id: number }>('POST', '/api/custom-fields', {
        name: 'מידה',
        kind: 'choice',
        choices: ['S', 'M'],
      })
      await send('PUT', `/api/contacts/${dana.id}/fields/${size.id}`, { value: 'M' })
      await visit(page, `/app/contacts/${dana.id}`)
      // From the popover of a contact's tags, which closes.
      const add = page.locator('.add-tag')
      await add.click()
      await page.getByRole('button', { name: say('ניהול תגיות', 'Manage tags') }).click()
      await expect(row('שלי')).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
      await expect(add).toBeFocused()
      await page.getByRole('button', { name: say('ניהול הפרטים', 'Manage details') }).click()
      await row('מידה').getByRole('button').first().click()
      await name.fill('גודל')
      await dialog.locator('textarea').fill('S\nL\n')
      await expect(dialog.locator('textarea')).toBeFocused()
      await inspect(page, 'manage-details', view)
      await dialog.getByRole('button', { name: say('שמירה', 'Save') }).click()
      await expect(row('גודל')).toBeVisible()
      await remove('גודל').click()
      await expect.poll(() => named('/api/custom-fields')).toEqual([])
      await undo(say('הוסר', 'was removed'))
      await expect(row('גודל')).toContainText(say('לקוח אחד', '1 contact'))
      await page.keyboard.press('Escape')
      // The contact keeps the value that is no longer a choice.
      await page.locator('.edit', { hasText: 'גודל' }).getByRole('button').click()
      await expect(page.locator('.edit option')).toHaveText([say('ללא', 'None'), 'M', 'S', 'L'])
    },
  )

  test(`stages and leads are changed, ${at}`, long, async ({ page, ownDaemon }) => {
    test.setTimeout(90_000)
    await prepare(page, view)
    await ownDaemon.start()
    await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
    const api = await owner(page, ownDaemon)
    const { send, get } = api
    const dana = await contactOf(api, '+972509876543')
    const lead = await send<{ id: number }>('POST', '/api/leads', {
      contact_id: dana.id,
      title: 'מטבח',
      value_minor: 45000,
    })
    const names = async () => (await get<List>('/api/lead-stages')).items.map(({ name }) => name)
    const toast = page.locator('.toast').last()
    const undo = async (text: string) => {
      await expect(toast).toContainText(text)
      await toast.getByRole('button', { name: say('ביטול', 'Undo') }).click()
    }
    const dialog = page.locator('.mantine-Modal-content')
    const name = dialog.getByRole('textbox', { name: say('שם', 'Name'), exact: true })
    const row = (text: string) => dialog.locator('li', { hasText: text })
    const isNew = say('חדש', 'New')

    await page.goto(`${ownDaemon.url}/app/leads`)
    const open = page.getByRole('button', { name: say('שלבים', 'Stages') })
    await open.click()
    await dialog.getByRole('textbox', { name: say('שלב חדש', 'New stage') }).fill('ביקור')
    await page.keyboard.press('Enter')
    await expect.poll(names).toEqual([null, null, 'ביקור', null, null])
    await inspect(page, 'manage-stages', view)
    await row('ביקור')
      .getByRole('button', { name: say('להקדים', 'Move up') })
      .click()
    await expect.poll(names).toEqual([null, 'ביקור', null, null, null])
    // A stage with leads stays, and the page says why.
    await row(isNew)
      .getByRole('button', { name: say('הסרה', 'Remove') })
      .click()
    await expect(row(isNew).getByRole('alert')).toBeVisible()
    await row('ביקור')
      .getByRole('button', { name: say('הסרה', 'Remove') })
      .click()
    await expect(row('ביקור')).toHaveCount(0)
    await undo(say('הוסר', 'was removed'))
    await expect.poll(names).toEqual([null, 'ביקור', null, null, null])
    // A built-in stage without a name of its own has its original name.
    await row(isNew).getByRole('button').first().click()
    await name.fill('פנייה')
    await dialog.getByRole('combobox').selectOption('won')
    await dialog.getByRole('button', { name: say('שמירה', 'Save') }).click()
    await expect(row('פנייה')).toContainText(say('נסגר בהצלחה', 'Won'))
    await undo(say('נשמר', 'Saved'))
    await expect.poll(names).toEqual([null, 'ביקור', null, null, null])
    await row(isNew).getByRole('button').first().click()
    await name.fill('פנייה')
    await page.keyboard.press('Enter')
    await row('פנייה').getByRole('button').first().click()
    await name.fill('')
    await page.keyboard.press('Enter')
    await expect(row(isNew)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(open).toBeFocused()

    // The title and the amount of a lead; a move by another user meanwhile is no conflict.
    await page.locator('.lead').getByRole('button').click()
    await page.getByRole('menuitem', { name: say('שינוי הכותרת', 'Change the title') }).click()
    const title = page.getByRole('textbox', { name: say('מה רוצים לקנות', 'What they want') })
    await expect(title).toBeFocused()
    await title.fill('מטבח וארון')
    const amount = page.getByRole('textbox', { name: say('סכום בשקלים', 'Amount in shekels') })
    await amount.fill('כלום')
    await expect(page.locator('.lead-form .err')).toBeVisible()
    await amount.fill('1,200.50')
    await inspect(page, 'lead-form', view)
    await send('PATCH', `/api/leads/${lead.id}`, { stage_id: 2 })
    await page
      .locator('.lead-form')
      .getByRole('button', { name: say('שמירה', 'Save') })
      .click()
    await expect(page.locator('.lead')).toContainText('מטבח וארון')
    const stored = () => get<object>(`/api/leads/${lead.id}`)
    await expect.poll(stored).toMatchObject({ title: 'מטבח וארון', value_minor: 120050, stage_id: 2 })
    await undo(say('הליד נשמר', 'Lead saved'))
    await expect.poll(stored).toMatchObject({ title: 'מטבח', value_minor: 45000, stage_id: 2 })
    // On the contact's card as well. Another user's other title is shown beside the own one.
    await visit(page, `/app/contacts/${dana.id}`)
    await page.getByRole('button', { name: say('שינוי הליד', 'Change the lead') }).click()
    await title.fill('שלי')
    await send('PATCH', `/api/leads/${lead.id}`, { title: 'שלהם' })
    await page.keyboard.press('Enter')
    await expect(page.locator('.lead-form').getByRole('alert')).toContainText('שלהם')
    await page.getByRole('button', { name: say('לשמור את שלי', 'Save mine') }).click()
    await expect.poll(stored).toMatchObject({ title: 'שלי' })
  })
}
