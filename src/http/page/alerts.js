"use strict";
/** The active alerts, at the top of every view. Loaded before page.js, and uses its functions. */
const ALERT_WORDS = {
  he: { useFound: "להשתמש בקובץ הזה", keepCurrent: "להישאר עם הנתונים הנוכחיים", restartNeeded: "הקובץ ייכנס לשימוש בהפעלה הבאה: systemctl restart agentlocator",
    heldSend: "לשלוח אותן", heldDiscard: "לבטל אותן", dismiss: "סגירת ההודעה", alertSince: "מאז", muteDay: "להשתיק ליממה", muteUntilOver: "להשתיק עד שיסתיים", alerts: "דורש טיפול", fileWaits: "הקובץ יובא כשיהיה מקום בדיסק, או עוד מעט",
    fileGone: "הקובץ נמחק, לפי ההגדרות", soundGone: "ההקלטה נמחקה, לפי ההגדרות", media_expired: "הקובץ נמחק, לפי ההגדרות", recording_expired: "ההקלטה נמחקה, לפי ההגדרות" },
  en: { useFound: "Use this file", keepCurrent: "Keep the current data", restartNeeded: "The file is used from the next start on: systemctl restart agentlocator",
    heldSend: "Send them", heldDiscard: "Discard them", dismiss: "Dismiss", alertSince: "since", muteDay: "Mute for a day", muteUntilOver: "Mute until it is over", alerts: "Needs a person", fileWaits: "The file is fetched soon, or when there is room on the disk",
    fileGone: "The file was deleted, as the settings say", soundGone: "The recording was deleted, as the settings say" },
};

/** Renders the alerts that are active and not muted; an owner may mute them. */
async function alertsBanner() {
  const place = $("alerts");
  const { items } = await api("alerts");
  const raised = items.filter((alert) => alert.state === "raised" && !alert.muted);
  const key = JSON.stringify([language, alertsBanner.role, raised]);
  if (key === alertsBanner.drawn) return;
  alertsBanner.drawn = key;
  if (raised.length && alertsBanner.role === undefined) alertsBanner.role = (await api("session")).role;
  const mute = (alert, word, body) => el("button", { type: "button", onclick: async (event) => {
    event.target.disabled = true;
    await api(`alerts/${alert.kind}/mute`, "POST", body).catch((error) => toast(error.message));
    await alertsBanner().catch(() => {});
  } }, t(word));
  const act = (word, path, method, body) => el("button", { type: "button", onclick: async (event) => {
    event.target.disabled = true;
    const answer = await api(`database/${path}`, method, body).catch((error) => toast(error.message));
    if (answer && answer.restart_required) toast(t("restartNeeded"));
    await alertsBanner().catch(() => {});
  } }, t(word));
  const owns = alertsBanner.role === "owner";
  const actions = {
    foreign_file: () => [act("useFound", "found", "POST", { data: "found" }), act("keepCurrent", "found", "POST", { data: "current" })],
    database_replaced: () => [act("dismiss", "notice", "DELETE")],
    outbox_held: () => [act("heldSend", "held", "POST", { action: "send" }), act("heldDiscard", "held", "POST", { action: "discard" })],
  };
  place.setAttribute("aria-label", t("alerts"));
  place.replaceChildren(...raised.map((alert) => el("div", { className: "alert", role: "alert" },
    el("b", {}, alert.headline[language]), el("small", {}, ` ${t("alertSince")} ${time(alert.since)}`),
    alert.detail[language] ? el("p", { dir: "auto" }, alert.detail[language]) : null,
    el("p", { dir: "auto" }, alert.remedy[language]),
    owns ? el("div", { className: "row" }, ...(actions[alert.kind]?.() ?? []), mute(alert, "muteDay", { hours: 24 }), mute(alert, "muteUntilOver", {})) : null)));
  place.hidden = raised.length === 0;
}
