// Runs before the page's other code has arrived. A browser loads its data for dates and numbers at their first use, which
// takes a slow phone 70 ms. Here a worker does it, on another core.
if (typeof document === 'undefined') {
  for (const language of ['he-IL', 'en-GB']) {
    new Intl.DateTimeFormat(language, { timeZone: 'Asia/Jerusalem', hour: 'numeric', minute: '2-digit' }).format(0)
    new Intl.NumberFormat(language).format(0)
  }
  close()
} else {
  new Worker(import.meta.url, { type: 'module' })
}
