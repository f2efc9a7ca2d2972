import { owner } from './support/api'
import { expect, long, prepare, test, VIEWS } from './support/fixtures'
import { wav } from './trial/sound'

const HOUR_MS = 3_600_000
/** One sentence every five seconds for an hour. */
const TURNS = 720

/** The maximum CPU time for opening the call, as a multiple of the time for plain elements with the same words. */
const MAX_WORK = 8

const turns = Array.from({ length: TURNS }, (_, at) => ({
  id: at + 1,
  call_id: 1,
  seq: at + 1,
  speaker: at % 2 ? 'agent' : 'caller',
  text: `משפט מספר ${at + 1} ובו כמה מילים שנאמרות בקצב של דיבור`,
  heard_text: `משפט מספר ${at + 1} ובו כמה מילים שנאמרות בקצב של דיבור`,
  interrupted: false,
  started_ms: at * 5_000,
  ended_ms: at * 5_000 + 4_900,
  latency: {},
  tokens_in: 0,
  tokens_out: 0,
  cost_micros: 0,
}))

test(
  'a call of an hour opens at once, and the mark keeps to the sound at double speed',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    await ownDaemon.call()
    const { get } = await owner(page, ownDaemon)
    const { calls } = await get<{ calls: { id: number }[] }>('/api/calls')
    const id = calls[0]?.id
    const recording = {
      id: 9,
      call_id: id,
      source: 'stream',
      mime: 'audio/wav',
      channels: 2,
      duration_ms: HOUR_MS,
      bytes: 1,
      state: 'complete',
    }
    await page.route(/\/api\/calls\/\d+$/, async route => {
      const call = await (await route.fetch()).json()
      const recordings = [{ ...recording, created_at: call.started_at }]
      await route.fulfill({ json: { ...call, turns, recordings, duration_ms: HOUR_MS, has_audio: true } })
    })
    const peaks = Array.from({ length: 480 }, (_, at) => (at * 37) % 255)
    await page.route(/\/peaks/, route => route.fulfill({ json: { duration_ms: HOUR_MS, caller: peaks, agent: peaks } }))
    await page.route(/\/recording/, route => route.fulfill({ contentType: 'audio/wav', body: wav([{ voice: 20 }]) }))
    await page.goto(`${ownDaemon.url}/app/calls`)
    await expect(page.locator('.call-row')).toHaveCount(1)
    // Measures the CPU time of the page's thread from the press until the words and the waveform are visible, and compares
    // it with the time for plain elements with the same words, because machines differ.
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
    const busy = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics')
      return (metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN) * 1000
    }
    const start = await busy()
    await page.evaluate(
      drawPlainly,
      turns.map(({ text }) => text),
    )
    const before = await busy()
    const floor = before - start
    const took = await page.evaluate(
      () =>
        new Promise<number>(resolve => {
          const began = performance.now()
          document.querySelector<HTMLElement>('.call-row a')?.click()
          const look = () => {
            const lines = document.querySelectorAll('.turnlines > li').length
            if (lines > 0 && document.querySelector('.surface .wave path')) resolve(performance.now() - began)
            else requestAnimationFrame(look)
          }
          look()
        }),
    )
    const worked = (await busy()) - before
    const description = `${took.toFixed(0)} ms, of them ${worked.toFixed(0)} ms of work; plain elements ${floor.toFixed(0)} ms`
    test.info().annotations.push({ type: 'a call of an hour opens in', description })
    expect(worked).toBeLessThan(MAX_WORK * floor)
    await expect(page.locator('.turnlines > li')).toHaveCount(TURNS)

    // Compares the marked word with the playback position at each change of the mark.
    const drifts = await page.evaluate(async () => {
      const sounds: HTMLAudioElement[] = []
      const play = HTMLMediaElement.prototype.play
      HTMLMediaElement.prototype.play = function () {
        if (this instanceof HTMLAudioElement) sounds.push(this)
        return play.call(this)
      }
      document.querySelector<HTMLElement>('.turnlines [data-from="0"]')?.click()
      for (let press = 0; press < 4; press++)
        dispatchEvent(new KeyboardEvent('keydown', { code: 'BracketRight', key: ']' }))
      const found: number[] = []
      let before: string | undefined
      await new Promise<void>(resolve => {
        const look = () => {
          const [sound] = sounds
          const mark = document.querySelector('.turnlines mark')
          const next =
            mark?.nextElementSibling instanceof HTMLElement ? Number(mark.nextElementSibling.dataset.from) : undefined
          const previous =
            mark?.previousElementSibling instanceof HTMLElement ? Number(mark.previousElementSibling.dataset.from) : 0
          const now = (sound?.currentTime ?? 0) * 1000
          if (mark && mark.textContent !== before && next !== undefined && sound?.playbackRate === 2) {
            before = mark.textContent ?? undefined
            found.push(Math.max(0, previous - now, now - next))
          }
          if (found.length >= 10) resolve()
          else requestAnimationFrame(look)
        }
        look()
      })
      return found
    })
    const [middle = Number.NaN] = [...drifts].sort((a, b) => a - b).slice(drifts.length >> 1)
    expect(middle).toBeLessThan(100)
  },
)

/** Shows these texts as a list with an element for each word, until the next frame was drawn. */
async function drawPlainly(texts: string[]) {
  const list = document.createElement('ol')
  for (const text of texts) {
    const line = document.createElement('li')
    for (const word of text.split(' ')) {
      const span = document.createElement('span')
      span.textContent = `${word} `
      line.append(span)
    }
    list.append(line)
  }
  document.body.append(list)
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
  list.remove()
}
