"use strict";
/** The state of the link to WhatsApp, and linking of the business's account. Loaded before page.js, and uses its functions. */
const LINK_WORDS = {
  he: {
    link_connected: "מחובר לוואטסאפ", link_starting: "הגשר עולה; רגע אחד", link_unpaired: "אין חשבון מקושר. בקשו קוד חדש וסרקו אותו מהטלפון.",
    link_pairing: "בטלפון: וואטסאפ ← מכשירים מקושרים ← קישור מכשיר, וסרקו את הקוד.", link_connecting: "מתחבר לוואטסאפ. אם זה נמשך, בדקו את החיבור לאינטרנט.",
    link_unanswered: "וואטסאפ אינה מאשרת הודעות בקישור הזה. פתחו את וואטסאפ בטלפון; אם זה נמשך, קשרו מחדש.",
    link_logged_out: "וואטסאפ ניתקה את הקישור. בקשו קוד חדש וסרקו אותו מהטלפון.", link_replaced: "תוכנה אחרת משתמשת באותו קישור. עצרו אותה, ואז התחברו מחדש.",
    link_banned: "וואטסאפ חסמה את החשבון. בקשו בדיקה באפליקציה בטלפון, ואז התחברו מחדש.", link_outdated: "וואטסאפ כבר אינה מקבלת את גרסת הגשר. עדכנו אותו, ואז התחברו מחדש.",
    link_multidevice_mismatch: "וואטסאפ שבטלפון אינה תומכת במכשירים מקושרים. עדכנו אותה, ואז התחברו מחדש.", link_disk: "הגשר אינו יכול לכתוב לדיסק שלו. פנו מקום, והוא ימשיך מעצמו.",
    link_damaged: "הגשר אינו יכול לקרוא את קובץ הקישור. שחזרו אותו מגיבוי, או בקשו קוד חדש.", link_other: "הגשר אינו מחובר לוואטסאפ; הסיבה ביומן שלו.",
    link_unreachable: "הגשר אינו פועל. ודאו שהשירות שלו רץ.", link_silent: "הגשר אינו עונה. הפעילו מחדש את השירות שלו.",
    link_unauthorized: "הגשר לא קיבל את הסיסמה שלנו. הגדירו אותו BAILEYS_WEBHOOK_SECRET בשני הצדדים.", link_disabled: "הגשר אינו בשימוש. הגדירו BAILEYS_WEBHOOK_SECRET, כאן ובגשר.",
    linkedAs: "חשבון", linkSince: "מאז", linkInbox: "ממתינות להיקלט", linkMedia: "קבצים בדרך", linkRefused: "לא נקלטו",
    linkDeaf: "דבר אינו נכנס בקישור, וגם הטלפון של החשבון אינו עונה. בדקו שהוא דלוק ומחובר לאינטרנט",
    linkRestricted: "וואטסאפ אינה מאפשרת כרגע לכתוב לאנשים חדשים", linkUntil: "עד", qrCode: "קוד QR לקישור החשבון", qrInLog: "הקוד מודפס ביומן של הגשר.",
    newCode: "קוד חדש", byPhone: "או קישור לפי מספר טלפון", phoneNumber: "מספר הטלפון של חשבון הוואטסאפ", getCode: "קבלת קוד",
    typeCode: "בטלפון: וואטסאפ ← מכשירים מקושרים ← קישור באמצעות מספר טלפון, והקלידו:", codeTime: "הקוד טוב לעוד", newCodeFollows: "אחריו יופיע קוד חדש.", reconnect: "חיבור מחדש", unlink: "ניתוק החשבון",
    unlinkSure: "לנתק את חשבון הוואטסאפ? לחיבור נוסף יידרש קוד חדש.", ownersOnly: "רק בעל העסק יכול לקשר או לנתק את החשבון.",
    bridge_disabled: "הגשר אינו בשימוש", bridge_unreachable: "הגשר אינו פועל או אינו עונה; ודאו שהשירות שלו רץ", bridge_unauthorized: "הגשר לא קיבל את הסיסמה שלנו",
    bridge_unsupported: "הגשר הזה אינו יודע לעשות זאת; עדכנו אותו", bridge_failed: "הגשר נכשל; הסיבה ביומן שלו", already_paired: "כבר יש חשבון מקושר; נתקו אותו קודם",
    invalid_phone: "זה אינו מספר טלפון של וואטסאפ", whatsapp_refused: "וואטסאפ סירבה; נסו שוב מאוחר יותר", bridge_not_ready: "הגשר אינו מוכן לכך כרגע; ראו את מצבו ונסו שוב",
  },
  en: {
    link_connected: "Connected to WhatsApp", link_starting: "The bridge is starting; one moment", link_unpaired: "No account is linked. Ask for a new code, and scan it with the phone.",
    link_pairing: "On the phone: WhatsApp → Linked devices → Link a device, and scan the code.", link_connecting: "Connecting to WhatsApp. If that lasts, check the internet connection.",
    link_unanswered: "WhatsApp acknowledges no message on this link. Open WhatsApp on the phone; if that lasts, link it again.",
    link_logged_out: "WhatsApp has ended the link. Ask for a new code, and scan it with the phone.", link_replaced: "Another program uses the same session. Stop it, then reconnect.",
    link_banned: "WhatsApp has blocked the account. Ask for a review in the app on the phone, then reconnect.", link_outdated: "WhatsApp no longer takes the bridge's version. Update the bridge, then reconnect.",
    link_multidevice_mismatch: "WhatsApp on the phone does not support linked devices. Update it, then reconnect.", link_disk: "The bridge cannot write to its disk. Make room, and it goes on by itself.",
    link_damaged: "The bridge cannot read its session file. Restore it from a backup, or ask for a new code.", link_other: "The bridge is not connected to WhatsApp; its log says why.",
    link_unreachable: "The bridge is not running. See that its service runs.", link_silent: "The bridge does not answer. Restart its service.",
    link_unauthorized: "The bridge did not accept our secret. Set the same BAILEYS_WEBHOOK_SECRET on both sides.", link_disabled: "The bridge is not in use. Set BAILEYS_WEBHOOK_SECRET, here and for the bridge.",
    linkedAs: "Account", linkSince: "since", linkInbox: "waiting to come in", linkMedia: "files on their way", linkRefused: "not taken",
    linkDeaf: "Nothing arrives by the link, and the phone of the account does not answer. See that it is on and online",
    linkRestricted: "WhatsApp lets the account write to nobody new at the moment", linkUntil: "until", qrCode: "QR code that links the account", qrInLog: "The code is printed in the bridge's log.",
    newCode: "New code", byPhone: "Or link by phone number", phoneNumber: "Phone number of the WhatsApp account", getCode: "Get a code",
    typeCode: "On the phone: WhatsApp → Linked devices → Link with phone number, and type:", codeTime: "The code is good for another", newCodeFollows: "After that a new one appears.", reconnect: "Reconnect", unlink: "Unlink the account",
    unlinkSure: "Unlink the WhatsApp account? Linking it again needs a new code.", ownersOnly: "Only an owner can link or unlink the account.",
  },
};
/** States in which reconnecting at once may help. */
const RETRIED = ["connecting", "replaced", "banned", "outdated", "multidevice_mismatch", "disk", "other"];
/** States in which an account can be linked. */
const LINKED_BY_CODE = ["unpaired", "pairing", "logged_out", "multidevice_mismatch", "damaged", "other"];
/** States that are not an error yet. */
const UNDER_WAY = ["starting", "pairing", "connecting"];

async function whatsapp() {
  const path = "whatsapp/bridge";
  const state = el("p", { className: "state", role: "status" });
  const facts = el("p", { className: "quiet" });
  const picture = el("img", { className: "qr", alt: t("qrCode"), hidden: true });
  const inLog = el("p", { className: "quiet", hidden: true }, t("qrInLog"));
  const code = el("output", { className: "code", dir: "ltr" });
  const typed = el("div", { hidden: true, "aria-live": "polite" }, el("p", {}, t("typeCode")), code);
  const left = el("p", { className: "quiet", role: "timer", hidden: true });
  const button = (word, main, work) => el("button", { type: "button", className: main ? "main" : "", onclick: (event) => act(event.target, work) }, t(word));
  const fresh = button("newCode", true, () => api(`${path}/pair`, "POST", {}));
  const again = button("reconnect", true, () => api(`${path}/reconnect`, "POST", {}));
  const unlink = button("unlink", false, async () => { if (confirm(t("unlinkSure"))) await api(`${path}/logout`, "POST", {}); });
  const number = el("input", { name: "phone", type: "tel", autocomplete: "tel", dir: "ltr", required: true });
  const ask = el("button", { type: "submit" }, t("getCode"));
  const form = el("form", { onsubmit: (event) => {
    event.preventDefault();
    act(ask, () => api(`${path}/pairing-code`, "POST", { phone: number.value }));
  } }, el("h2", {}, t("byPhone")), el("label", {}, t("phoneNumber"), number), ask);
  const staff = el("p", { className: "quiet", hidden: true }, t("ownersOnly"));
  main.replaceChildren(el("section", { className: "link", "aria-label": t("whatsapp") },
    el("h1", {}, t("whatsapp")), state, facts, picture, inLog, typed, left, el("div", { className: "row" }, fresh, again, unlink), form, staff));
  for (const part of [fresh, again, unlink, form]) part.hidden = true;

  async function act(source, work) {
    source.disabled = true;
    try { await work(); } catch (error) { toast(error.message); }
    source.disabled = false;
    await refresh().catch(() => {});
  }
  const isOwner = (await api("session")).role === "owner";
  let drawn;
  async function refresh() {
    const link = await api(path);
    const key = `link_${link.state}`, words = t(key) === key ? link.reason : t(key);
    state.className = `state ${link.state === "connected" ? "good" : UNDER_WAY.includes(link.state) ? "" : "bad"}`;
    if (state.textContent !== words) state.textContent = words;
    const told = [
      link.account?.phone && `${t("linkedAs")}: \u2066${link.account.phone}\u2069 ${link.account.name ?? ""}`,
      link.since && `${t("linkSince")} ${time(link.since)}`,
      link.deaf_since && `${t("linkDeaf")} (${t("linkSince")} ${time(link.deaf_since)})`,
      link.restriction && `${t("linkRestricted")}${link.restriction.until ? ` ${t("linkUntil")} ${time(link.restriction.until)}` : ""}`,
      ...[["inbox", "linkInbox"], ["media", "linkMedia"], ["refused", "linkRefused"]].map(([name, word]) => link.waiting[name] > 0 && `${t(word)}: ${link.waiting[name]}`),
    ].filter(Boolean).join(" · ");
    if (facts.textContent !== told) facts.textContent = told;
    const svg = link.pairing?.svg ?? "";
    // Shown only as an image: scripts in an image do not run, and it fetches nothing.
    if (svg !== drawn) { drawn = svg; if (svg) picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`; else picture.removeAttribute("src"); }
    picture.hidden = !svg; inLog.hidden = !link.pairing || Boolean(svg);
    const shown = (link.pairing_code ?? "").replace(/^(.{4})(.{4})$/, "$1-$2");
    if (code.textContent !== shown) code.textContent = shown;
    typed.hidden = !shown;
    const seconds = Math.max(0, Math.round((Date.parse(link.pairing_code_expires_at ?? "") - Date.now()) / 1000));
    left.hidden = !shown || Number.isNaN(seconds);
    left.textContent = `${t("codeTime")} \u2066${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}\u2069. ${t("newCodeFollows")}`;
    const linkable = isOwner && link.reachable && !link.connected && !link.account && LINKED_BY_CODE.includes(link.state);
    fresh.hidden = form.hidden = !linkable;
    again.hidden = !(isOwner && link.reachable && RETRIED.includes(link.state));
    unlink.hidden = !(isOwner && link.reachable && link.state !== "unauthorized" && (link.connected || link.account));
    staff.hidden = isOwner;
  }
  await refresh(); every(2500, refresh);
}
