"use strict";
const WORDS = {
  he: {
    other: "English", threads: "שיחות", calls: "טלפון", logout: "יציאה", login: "כניסה", name: "שם", password: "סיסמה",
    setup: "הקמה ראשונה", setupText: "צרו את המשתמש הראשון. הקוד מודפס ביומן של השרת, או בפקודה", code: "קוד חד-פעמי",
    newPassword: "סיסמה חדשה (לפחות 10 תווים)", create: "צור משתמש", forgot: "שכחתי סיסמה",
    forgotText: "בעל העסק יכול לתת סיסמה חדשה. על השרת עצמו:", back: "חזרה", search: "חיפוש בשם, במספר או בתוכן",
    noThreads: "עדיין אין שיחות. הודעת WhatsApp או שיחת טלפון ראשונה תופיע כאן.", noFound: "לא נמצא דבר.",
    noCalls: "עדיין לא התקבלו שיחות טלפון.", choose: "בחרו שיחה מהרשימה", noMessages: "אין כאן הודעות.",
    edited: "נערכה", deleted: "נמחקה על ידי הכותב", earlierWords: "נוסח קודם", message: "הודעה", send: "שליחה", more: "עוד", older: "הודעות קודמות", ok: "תקין", down: "השרת אינו זמין",
    trouble: "תקלה: ", caller: "המתקשר", agent: "הסוכן", tool: "כלי", system: "מערכת", notHeard: "לא נשמע", media: "קובץ מצורף",
    noTurns: "לא נרשמו דברים בשיחה.", whatsapp: "WhatsApp", phone: "טלפון", call: "טלפון", received: "התקבלה", queued: "ממתינה",
    sent: "נשלחה", delivered: "נמסרה", read: "נקראה", failed: "נכשלה", recording: "הקלטת השיחה", left: "הודעה שהושארה: ",
    seconds: "שנ׳", ringing: "מצלצלת", live: "פעילה", fallback: "הקלטה", transferred: "הועברה", ended: "הסתיימה",
    wrong_password: "השם או הסיסמה שגויים", too_many_requests: "יותר מדי ניסיונות; נסו שוב בעוד כמה דקות",
    not_found: "לא נמצא; ייתכן שנמחק", forbidden: "אין הרשאה, או שהקוד אינו תקף עוד", conflict: "כבר קיים משתמש ראשון; אפשר להיכנס",
    invalid: "אחד השדות אינו תקין", too_large: "זה גדול מדי", unauthorized: "פג תוקף הכניסה; היכנסו שוב", csrf: "פג תוקף הכניסה; היכנסו שוב",
    invalid_recipient: "זה אינו מספר טלפון או מזהה WhatsApp", empty_message: "כתבו משהו לפני השליחה", text_too_long: "ההודעה ארוכה מדי",
    no_provider: "אין דרך WhatsApp פעילה שיכולה לשלוח את ההודעה הזאת", provider_disabled: "הספק הזה אינו מופעל", key_reused: "ההודעה כבר נשלחה בנוסח אחר; נסו שוב",
    unavailable: "לא ניתן לשמור כרגע; ייתכן שהדיסק מלא", internal: "אירעה תקלה בשרת; הפרטים ביומן שלו", timeout: "זה נמשך יותר מדי; נסו שוב",
    contact_opted_out: "הלקוח חסם את המספר שלנו או ביקש לא לקבל הודעות; אפשר לכתוב לו שוב אחרי שיכתוב",
    template_required: "עברו יותר מ-24 שעות מההודעה האחרונה, ו-Twilio מתיר אז רק תבנית מאושרת, שלא הוגדרה",
    https_required: "נדרש חיבור מוצפן", httpsText: "סיסמאות וקודים מתקבלים רק בחיבור מוצפן, או מתוך הרשת שלכם. הדף נמצא גם כאן:",
    httpsWarning: "אם הדפדפן מזהיר מפני התעודה, השוו את טביעת האצבע שלה לזו שמדפיסה הפקודה",
    httpsMissing: "סיסמאות וקודים מתקבלים רק בחיבור מוצפן, או מתוך הרשת שלכם, ולשרת אין עדיין כתובת https. הגדירו את tls.domain, או פתחו את הדף דרך",
    httpsProxyNotNamed: "השרת שמעביר לכאן את הבקשות (reverse proxy) אומר שהגעתם ב-https, אבל אינו רשום בהגדרות, ולכן אין מאמינים לו. אם הוא שלכם, מי שמטפל בשרת יוסיף לקובץ /etc/agentlocator/config.toml:",
    httpsThenReload: "ואחר כך יריץ:",
    httpsProxy: "השרת שמעביר לכאן את הבקשות אינו אומר אם הן הגיעו ב-https. הגדירו בו את הכותרת X-Forwarded-Proto.",
    done: "כבר קיים משתמש ראשון; אפשר להיכנס", db: "מסד הנתונים", tts: "דיבור", openai: "OpenAI", twilio_secrets: "Twilio", baileys: "גשר ה-WhatsApp אינו מחובר",
    outbox: "הודעות יוצאות", disk: "הדיסק כמעט מלא", published_copy: "העותק של מסד הנתונים", integrity: "נזק במסד הנתונים",
  },
  en: {
    other: "עברית", threads: "Threads", calls: "Calls", logout: "Log out", login: "Log in", name: "Name", password: "Password",
    setup: "First set-up", setupText: "Make the first user. The code is in the server's log, or printed by", code: "One-time code",
    newPassword: "New password (at least 10 characters)", create: "Create user", forgot: "Forgot the password",
    forgotText: "An owner can give you a new password. On the server itself:", back: "Back", search: "Search names, numbers, words",
    noThreads: "No threads yet. The first WhatsApp message or phone call will be here.", noFound: "Nothing found.",
    noCalls: "No phone calls yet.", choose: "Choose one from the list", noMessages: "No messages here.",
    edited: "edited", deleted: "deleted by its writer", earlierWords: "Earlier words", message: "Message", send: "Send", more: "More", older: "Earlier messages", ok: "All well", down: "The server does not answer",
    trouble: "Trouble: ", caller: "Caller", agent: "Agent", tool: "Tool", system: "System", notHeard: "not heard", media: "Attached file",
    noTurns: "Nothing was written down in this call.", whatsapp: "WhatsApp", phone: "Phone", call: "Phone", received: "received", queued: "waiting",
    sent: "sent", delivered: "delivered", read: "read", failed: "failed", recording: "Recording of the call", left: "Message left: ",
    seconds: "s", ringing: "ringing", live: "live", fallback: "recording", transferred: "transferred", ended: "ended",
    https_required: "An encrypted connection is needed", httpsText: "Passwords and codes are taken only over an encrypted connection, or from your own network. The page is here as well:",
    httpsWarning: "If the browser warns about the certificate, compare its fingerprint with the one that is printed by",
    httpsMissing: "Passwords and codes are taken only over an encrypted connection, or from your own network, and the server has no https address yet. Set tls.domain, or open the page through",
    httpsProxyNotNamed: "The reverse proxy that passes requests on to this server says that you came by https, but the settings do not name it, so it is not believed. If it is yours, its administrator adds to /etc/agentlocator/config.toml:",
    httpsThenReload: "and then runs:",
    httpsProxy: "The proxy that passes requests on to this server does not say whether they came by https. Let it set the header X-Forwarded-Proto.",
    done: "There is a first user already; log in", db: "database", tts: "speech", openai: "OpenAI", twilio_secrets: "Twilio", baileys: "the WhatsApp bridge is not connected",
    outbox: "outgoing messages", disk: "the disk is nearly full", published_copy: "the database's copy", integrity: "damage in the database",
  },
};
for (const more of [LINK_WORDS, ALERT_WORDS, ACCOUNT_WORDS, SUGGESTION_WORDS]) for (const [language, words] of Object.entries(more)) Object.assign(WORDS[language], words);
const $ = (id) => document.getElementById(id);
const main = $("main");
let language = recall("language") === "en" ? "en" : "he";
let csrf = null;
let timers = [];
const t = (word) => WORDS[language][word] ?? word;
/** The page's own text for the error code, else the server's message. */
const sentence = (error) => (error?.code && WORDS[language][error.code]) || error?.message;

function recall(key) { try { return localStorage.getItem(key); } catch { return null; } }
function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* private mode: until the next load */ } }

/** Creates an element with properties and children; text is never parsed as HTML. */
function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "dir") element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
const phone = (number) => el("bdi", { dir: "ltr" }, number);
const link = (href, properties, ...children) => el("a", { href, ...properties, onclick: (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); go(href);
} }, ...children);
function time(text) {
  if (!text) return "";
  const date = new Date(text), today = new Date().toDateString() === date.toDateString();
  const form = today ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" };
  return new Intl.DateTimeFormat(language === "he" ? "he-IL" : "en-GB", form).format(date);
}
function toast(text) {
  $("toast").textContent = text; $("toast").hidden = false;
  clearTimeout(toast.timer); toast.timer = setTimeout(() => { $("toast").hidden = true; }, 6000);
}

/** Sends an API request; an error response is thrown as an Error with the server's message. */
async function api(path, method = "GET", body, headers = {}) {
  const options = { method, headers: { ...headers } };
  if (body !== undefined) { options.body = JSON.stringify(body); options.headers["Content-Type"] = "application/json"; }
  if (csrf && method !== "GET") options.headers["X-CSRF-Token"] = csrf;
  let reply;
  try { reply = await fetch(`/api/${path}`, options); } catch { throw new Error(t("down")); }
  const answer = await reply.json().catch(() => ({}));
  if (reply.ok) return answer;
  const error = new Error(sentence(answer.error) ?? `${t("trouble")}${reply.status}`);
  Object.assign(error, { status: reply.status, code: answer.error?.code, params: answer.error?.params });
  if (reply.status === 401 && csrf) { csrf = null; go("/login"); }
  throw error;
}

function go(path, replace = false) { history[replace ? "replaceState" : "pushState"](null, "", path); show(); }
function every(ms, work) { timers.push(setInterval(() => { if (!document.hidden) work().catch(() => {}); }, ms)); }

async function show() {
  timers.forEach(clearInterval); timers = [];
  $("toast").hidden = true;
  document.documentElement.lang = language; document.documentElement.dir = language === "he" ? "rtl" : "ltr";
  $("language").textContent = t("other"); $("logout").textContent = t("logout");
  main.className = "";
  const path = location.pathname;
  if (path === "/setup") {
    const first = await api("setup").catch(() => ({ needed: true }));
    if (first.connection_error) return httpsRequired(first.connection_error);
    if (first.needed) return setup();
    go("/login", true);
    return toast(t("done"));
  }
  if (path === "/forgot" || path === "/reset") return forgot();
  if (!csrf) {
    try { csrf = (await api("session")).csrf_token; } catch (error) { if (error.status !== 401) return offline(error); }
  }
  if (!csrf) {
    const first = await api("setup").catch(() => ({ needed: false }));
    if (first.needed) return go("/setup", true);
    return first.connection_error ? httpsRequired(first.connection_error) : login();
  }
  if (path === "/login") return go("/app/threads", true);
  const [, , tab, id] = path.split("/");
  const view = { whatsapp, account }[tab];
  if (view) {
    bar(tab);
    return view().catch((error) => { if (error.status !== 401) main.replaceChildren(el("p", { className: "empty error", role: "alert" }, error.message)); });
  }
  return room(tab === "calls" ? "calls" : "threads", id);
}

/** A centred form; `submit` receives the values by name. */
function card(title, intro, fields, button, submit, ...below) {
  $("bar").hidden = true; $("alerts").hidden = true; alertsBanner.drawn = undefined; alertsBanner.role = undefined;
  const error = el("p", { className: "error", role: "alert", hidden: true });
  const action = el("button", { className: "main", type: "submit" }, button);
  const form = el("form", { className: "card", onsubmit: async (event) => {
    event.preventDefault(); action.disabled = true; error.hidden = true;
    try { await submit(Object.fromEntries(new FormData(form))); } catch (reason) {
      if (reason.code === "https_required") return httpsRequired(reason);
      error.textContent = reason.message; error.hidden = false;
    }
    action.disabled = false;
  } }, el("h1", {}, title), intro, ...fields, error, action, ...below);
  main.replaceChildren(form);
  [...form.querySelectorAll("input")].find((input) => !input.value)?.focus();
}
const field = (name, label, properties) => el("label", {}, t(label), el("input", { name, required: true, ...properties }));

function login() {
  card(t("login"), null, [
    field("name", "name", { autocomplete: "username", dir: "auto" }),
    field("password", "password", { type: "password", autocomplete: "current-password" }),
  ], t("login"), async (values) => {
    csrf = (await api("login", "POST", values)).csrf_token;
    go(location.pathname.startsWith("/app/") ? location.pathname : "/app/threads", true);
  }, link("/forgot", {}, t("forgot")));
}

function setup() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  card(t("setup"), el("p", {}, `${t("setupText")} `, el("code", {}, "agentlocator setup")), [
    field("code", "code", { value: code, autocomplete: "off", dir: "ltr" }),
    field("name", "name", { autocomplete: "username", dir: "auto" }),
    field("password", "newPassword", { type: "password", autocomplete: "new-password", minLength: 10 }),
  ], t("create"), async (values) => { csrf = (await api("setup", "POST", values)).csrf_token; go("/app/threads", true); });
}

/** Explains what to do if passwords are not accepted on this connection. A set-up code is passed on in the fragment (`#`). */
function httpsRequired({ params = {} }) {
  const url = params.https_url, code = (text) => el("code", { dir: "ltr" }, text);
  const content = url ? [
    el("p", {}, t("httpsText")),
    el("a", { className: "main", dir: "ltr", href: url + location.pathname + location.hash }, url),
    el("p", {}, `${t("httpsWarning")} `, code("sudo agentlocator setup")),
  ] : params.reason === "proxy_not_named" ? [
    el("p", {}, t("httpsProxyNotNamed")), el("pre", { dir: "ltr" }, `[http]\ntrusted_proxies = ["${params.proxy}"]`),
    el("p", {}, `${t("httpsThenReload")} `, code("sudo agentlocator reload")),
  ] : [params.reason === "proxy_header_missing" ? el("p", {}, t("httpsProxy"))
    : el("p", {}, `${t("httpsMissing")} `, code("ssh -L 8080:127.0.0.1:8080 SERVER"))];
  $("bar").hidden = true; $("alerts").hidden = true;
  main.replaceChildren(el("section", { className: "card", role: "alert" }, el("h1", {}, t("https_required")), ...content));
}

function forgot() {
  const intro = el("p", {}, `${t("forgotText")} `, el("code", {}, "agentlocator user reset-password NAME"));
  card(t("forgot"), intro, [], t("back"), async () => go("/login"));
}

function offline(error) {
  $("bar").hidden = true;
  main.replaceChildren(el("p", { className: "empty error", role: "alert" }, error.message));
  every(3000, async () => { await api("session").catch((reason) => { if (!reason.status) throw reason; }); show(); });
}

/** The top of every view. */
function bar(tab) {
  $("bar").hidden = false;
  $("tabs").replaceChildren(...["threads", "calls", "whatsapp", "account"].map((name) =>
    link(`/app/${name}`, name === tab ? { "aria-current": "page" } : {}, t(name))));
  health(); every(10000, health);
  alertsBanner().catch(() => {}); every(15000, alertsBanner);
}

/** The list on one side, the selected item on the other. */
function room(tab, id) {
  bar(tab);
  const items = el("div", { className: "items" });
  const detail = el("section", { className: "detail" });
  const search = el("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), dir: "auto", value: room.words ?? "" });
  let wait;
  search.oninput = () => { clearTimeout(wait); wait = setTimeout(() => { room.words = search.value; refresh(); }, 250); };
  const form = el("form", { role: "search", onsubmit: (event) => event.preventDefault() }, search);
  const suggested = el("div", { className: "suggestions" });
  main.replaceChildren(el("nav", { className: "list", "aria-label": t(tab) }, tab === "threads" ? form : null, suggested, items), detail);
  if (tab === "threads") { mergeSuggestions(suggested).catch(() => {}); every(15000, () => mergeSuggestions(suggested)); }
  main.classList.toggle("open", Boolean(id));
  const words = () => (tab === "threads" ? search.value.trim() : "");
  let extra = [], cursor = null, shown = "";
  const load = (after) => api(`${tab}?limit=50&q=${encodeURIComponent(words())}&cursor=${encodeURIComponent(after ?? "")}`);
  async function refresh() {
    const asked = words(), page = await load();
    if (asked !== words()) return;
    if (!extra.length) cursor = page.next_cursor;
    const known = new Set(page[tab].map((item) => item.id));
    render([...page[tab], ...extra.filter((item) => !known.has(item.id))]);
  }
  function render(all) {
    const state = JSON.stringify([all, cursor]);
    if (state === shown) return;
    shown = state;
    const focused = document.activeElement?.getAttribute("href");
    const rows = all.map((item) => (tab === "threads" ? threadRow : callRow)(item, String(item.id) === id));
    const empty = el("p", { className: "empty" }, t(words() ? "noFound" : tab === "calls" ? "noCalls" : "noThreads"));
    const more = cursor && el("button", { className: "more", type: "button", onclick: async () => {
      const page = await load(cursor); cursor = page.next_cursor; extra = [...extra, ...page[tab]]; await refresh();
    } }, t("more"));
    items.replaceChildren(...(rows.length ? rows : [empty]), more || "");
    if (focused) items.querySelector(`a[href="${focused}"]`)?.focus();
  }
  search.addEventListener("input", () => { extra = []; });
  refresh().catch((error) => { if (error.status !== 401) items.replaceChildren(el("p", { className: "empty error" }, error.message)); });
  every(4000, refresh);
  if (!id) detail.replaceChildren(el("p", { className: "empty" }, t("choose")));
  else (tab === "threads" ? thread : call)(id, detail).catch((error) =>
    detail.replaceChildren(heading(tab), el("p", { className: "empty error", role: "alert" }, error.message)));
}

function threadRow(thread, current) {
  return link(`/app/threads/${thread.id}`, { className: "item", ...(current ? { "aria-current": "true" } : {}) },
    el("b", {}, el("bdi", {}, thread.title || thread.peer_number)), el("small", {}, time(thread.last_message_at)),
    el("small", {}, `${t(thread.type)} · `, phone(thread.peer_number)),
    thread.unread_count ? el("span", { className: "badge" }, String(thread.unread_count)) : el("span"));
}
function callRow(call, current) {
  const length = call.duration_ms ? ` · ${Math.round(call.duration_ms / 1000)} ${t("seconds")}` : "";
  return link(`/app/calls/${call.id}`, { className: "item", ...(current ? { "aria-current": "true" } : {}) },
    el("b", {}, phone(call.peer_number)), el("small", {}, time(call.started_at)), el("small", {}, `${t(call.medium)} · ${t(call.state)}${length}`));
}
const heading = (tab, ...children) => el("h2", {}, link(`/app/${tab}`, { className: "back" }, `${language === "he" ? "→" : "←"} ${t("back")}`), ...children);
const bubble = (out, ...children) => el("article", { className: out ? "bubble out" : "bubble" }, ...children);

async function thread(id, detail) {
  const about = await api(`threads/${id}`);
  const talk = el("div", { className: "talk", tabIndex: 0, role: "log" });
  const box = el("textarea", { name: "text", "aria-label": t("message"), placeholder: t("message"), dir: "auto", required: true });
  const send = el("button", { className: "main", type: "submit" }, t("send"));
  // One idempotency key per message: a second press does not send it twice.
  let key = newKey();
  const form = el("form", { className: "send", onsubmit: async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    send.disabled = true;
    try {
      // The contact may have a new number meanwhile.
      const { peer_number: to } = await api(`threads/${id}`);
      await api("whatsapp/send", "POST", { to, text, provider: "auto" }, { "Idempotency-Key": key });
      box.value = ""; key = newKey(); await refresh(true);
    } catch (error) { if (error.status && error.status < 500) key = newKey(); toast(error.message); }
    send.disabled = false; box.focus();
  } }, box, send);
  box.oninput = () => { key = newKey(); };
  box.onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } };
  detail.replaceChildren(heading("threads", el("bdi", {}, about.title || about.peer_number), el("small", { className: "quiet" }, phone(about.peer_number))),
    talk, about.type !== "whatsapp" ? "" : about.peer_number ? form : el("p", { className: "empty" }, t("noAddress")));
  let older = [], before = null, shown = "", seen;
  const markRead = () => api(`threads/${id}/read`, "POST", {}).catch(() => {});
  async function refresh(down) {
    const page = await api(`threads/${id}/messages?limit=50`);
    if (!older.length) before = page.next_cursor;
    const known = new Set(page.messages.map((message) => message.id));
    const all = [...older.filter((message) => !known.has(message.id)), ...page.messages];
    if (JSON.stringify(all) === shown) return;
    shown = JSON.stringify(all);
    const atEnd = down || talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
    const more = before && el("button", { className: "more", type: "button", onclick: async () => {
      const page = await api(`threads/${id}/messages?limit=50&before=${encodeURIComponent(before)}`);
      older = [...page.messages, ...older]; before = page.next_cursor; shown = ""; await refresh();
    } }, t("older"));
    talk.replaceChildren(more || "", ...(all.length ? all.map(messageBubble) : [el("p", { className: "empty" }, t("noMessages"))]));
    if (atEnd) talk.scrollTop = talk.scrollHeight;
    // Messages that arrive while the thread is open are read as well.
    const newest = all.filter((message) => message.direction === "in").at(-1)?.id;
    if (newest !== seen) { seen = newest; markRead(); }
  }
  if (about.type === "call") {
    const calls = (await api(`calls?thread_id=${encodeURIComponent(id)}`)).calls;
    talk.replaceChildren(...calls.map((item) => callRow(item, false)));
    markRead();
    return;
  }
  await refresh(true);
  every(3000, () => refresh());
}
function newKey() { return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""); }

function messageBubble(message) {
  const out = message.direction === "out";
  const isWeb = (url) => /^https?:\/\//.test(url ?? "") || url?.startsWith("/api/");
  const file = (url, ...words) => el("p", {}, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...words));
  const size = (bytes) => bytes == null ? null : el("small", {}, ` ${bytes < 1e6 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`}`);
  const files = message.files.map((one) =>
    one.state === "pruned" ? el("p", { className: "quiet" }, t("fileGone")) : one.state === "waiting" ? el("p", { className: "quiet" }, t("fileWaits"))
      : one.url ? file(one.url, el("bdi", {}, one.file_name || t("media")), size(one.bytes))
        : one.error ? el("p", { className: "quiet" }, el("bdi", {}, one.file_name || t("media")), ` · ${one.error}`) : null);
  if (!message.files.some((one) => one.state !== "linked") && isWeb(message.media_url)) files.push(file(message.media_url, t("media")));
  const words = message.content_text ? el(message.deleted_at ? "s" : "span", {}, message.content_text) : null;
  const earlier = message.edits.map((edit) => el("p", { className: "quiet", dir: "auto" }, el("s", {}, edit.previous_text)));
  const marks = [message.edits.length ? t("edited") : null, message.deleted_at ? t("deleted") : null].filter(Boolean).map((word) => ` · ${word}`);
  const times = ["sent", "delivered", "read"].filter((step) => message[`${step}_at`]).map((step) => `${t(step)}: ${time(message[`${step}_at`])}`).join("\n");
  return bubble(out, message.quote ? el("blockquote", { dir: "auto" }, message.quote.content_text || t("media")) : null,
    words ? el("p", { dir: "auto" }, words) : null, ...files,
    message.error ? el("p", { className: "error", dir: "auto" }, message.error) : null,
    message.reactions.length ? el("p", {}, message.reactions.map((reaction) => reaction.emoji).join(" ")) : null,
    earlier.length ? el("details", {}, el("summary", {}, t("earlierWords")), ...earlier) : null,
    el("small", { title: times }, `${time(message.created_at)}${out ? ` · ${t(message.status)} · ${message.provider ?? ""}` : ""}`, ...marks));
}

// The browser uses the first source that it can play; Safari before 18.4 cannot play Ogg.
function sources(id, file) {
  const source = (type, format) =>
    el("source", { type, src: `/api/calls/${id}/recording?recording_id=${file.id}&format=${format}` });
  return [...(file.mime.startsWith("audio/ogg") ? [source(file.mime, "opus")] : []), source("audio/wav", "wav")];
}

async function call(id, detail) {
  const talk = el("div", { className: "talk", tabIndex: 0 });
  let shown = "";
  async function refresh() {
    const about = await api(`calls/${id}`);
    if (JSON.stringify(about) === shown) return;
    const first = !shown;
    shown = JSON.stringify(about);
    const files = about.recordings.filter((file) => file.state === "complete" && file.bytes > 0);
    const players = files.map((file) =>
      el("audio", { controls: true, preload: "metadata", "aria-label": t("recording") }, ...sources(id, file)));
    const turns = about.turns.map((turn) => {
      const lost = turn.interrupted && turn.text.startsWith(turn.heard_text) ? turn.text.slice(turn.heard_text.length) : "";
      return bubble(turn.speaker !== "caller", el("small", {}, t(turn.speaker)),
        el("p", { dir: "auto" }, lost ? turn.heard_text : turn.text, lost ? el("s", { title: t("notHeard") }, lost) : null));
    });
    if (about.recordings.some((file) => file.state === "pruned")) players.push(el("p", { className: "quiet" }, t("soundGone")));
    const left = about.message_text ? bubble(false, el("p", { dir: "auto" }, t("left") + about.message_text)) : null;
    talk.replaceChildren(...[...players, ...turns, left].filter(Boolean));
    if (!turns.length && !left) talk.append(el("p", { className: "empty" }, t("noTurns")));
    if (first) detail.replaceChildren(heading("calls", phone(about.peer_number), el("small", { className: "quiet" }, `${time(about.started_at)} · ${t(about.state)}`)), talk);
  }
  await refresh(); every(3000, refresh);
}

async function health() {
  const line = $("health");
  try {
    const checks = await (await fetch("/readyz")).json();
    const bad = Object.entries(checks).filter(([, value]) => value === "error").map(([name]) => name);
    line.className = bad.length ? "bad" : "good";
    line.textContent = bad.length ? t("trouble") + bad.map(t).join(", ") : `● ${t("ok")}`;
  } catch { line.className = "bad"; line.textContent = t("down"); }
}

$("language").onclick = () => { language = language === "he" ? "en" : "he"; remember("language", language); show(); };
$("logout").onclick = async () => { await api("logout", "POST", {}).catch(() => {}); csrf = null; go("/login"); };
window.onpopstate = show;
show();
