import { owner } from './support/api'
import { expect, layouts, prepare, test } from './support/fixtures'
import { wav } from './trial/sound'

const LENGTH_MS = 60_000

const turn = (seq: number, speaker: 'caller' | 'agent', started_ms: number) => ({
  id: seq,
  call_id: 1,
  seq,
  speaker,
  text: 'משפט',
  heard_text: 'משפט',
  interrupted: false,
  started_ms,
  ended_ms: started_ms + 4_000,
  latency: speaker === 'agent' ? { endpoint_ms: 200, first_token_ms: 400, first_audio_ms: 700 } : {},
  tokens_in: 0,
  tokens_out: 0,
  cost_micros: 0,
})

for (const view of layouts('desktop')) {
  test(`time runs from left to right, and a press at a quarter plays from there, ${view.language} ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    await ownDaemon.start()
    await prepare(page, view)
    await ownDaemon.call()
    const { get } = await owner(page, ownDaemon)
    const { calls } = await get<{ calls: { id: number }[] }>('/api/calls')
    const id = calls[0]?.id
    const turns = [turn(1, 'caller', 0), turn(2, 'agent', 5_000), turn(3, 'caller', 50_000)]
    await page.route(/\/api\/calls\/\d+$/, async route => {
      const call = await (await route.fetch()).json()
      const recording = {
        id: 9,
        call_id: id,
        source: 'stream',
        mime: 'audio/wav',
        channels: 2,
        duration_ms: LENGTH_MS,
        bytes: 1,
        state: 'complete',
        created_at: call.started_at,
      }
      await route.fulfill({
        json: { ...call, turns, recordings: [recording], duration_ms: LENGTH_MS, has_audio: true },
      })
    })
    const peaks = Array.from({ length: 480 }, (_, at) => (at * 37) % 255)
    await page.route(/\/peaks/, route =>
      route.fulfill({ json: { duration_ms: LENGTH_MS, caller: peaks, agent: peaks } }),
    )
    await page.route(/\/recording/, route => route.fulfill({ contentType: 'audio/wav', body: wav([{ voice: 60 }]) }))
    await page.goto(`${ownDaemon.url}/app/calls/${id}`)
    const slider = page.getByRole('slider').first()
    await expect(slider).toHaveAttribute('aria-valuemax', '60')
    await expect(slider).toHaveCSS('direction', 'ltr')
    const box = await slider.boundingBox()
    if (!box) throw new Error('the waveform is not visible')
    for (const part of [0.25, 0.75]) {
      await page.mouse.click(box.x + box.width * part, box.y + box.height / 2)
      const seconds = Number(await slider.getAttribute('aria-valuenow'))
      expect(Math.abs(seconds - 60 * part), `${part} of the line`).toBeLessThan(2)
    }
    // The right arrow leads to later times, in Hebrew too.
    const before = Number(await slider.getAttribute('aria-valuenow'))
    await slider.press('ArrowRight')
    await expect.poll(async () => Number(await slider.getAttribute('aria-valuenow'))).toBeGreaterThan(before)
    const fall = page.locator('.fall')
    if ((await fall.count()) > 0) await expect(fall).toHaveCSS('direction', 'ltr')
  })
}
