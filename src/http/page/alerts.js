"use strict";
/** What needs a person, above every room. Loaded before page.js, whose tools it uses. */
const ALERT_WORDS = {
  he: { alertSince: "מאז", muteDay: "להשתיק ליממה", muteUntilOver: "להשתיק עד שיסתיים", alerts: "דורש טיפול", fileWaits: "הקובץ יובא כשיהיה מקום בדיסק, או עוד מעט",
    fileGone: "הקובץ נמחק, לפי ההגדרות", soundGone: "ההקלטה נמחקה, לפי ההגדרות", media_expired: "הקובץ נמחק, לפי ההגדרות", recording_expired: "ההקלטה נמחקה, לפי ההגדרות" },
  en: { alertSince: "since", muteDay: "Mute for a day", muteUntilOver: "Mute until it is over", alerts: "Needs a person", fileWaits: "The file is fetched soon, or when there is room on the disk",
    fileGone: "The file was deleted, as the settings say", soundGone: "The recording was deleted, as the settings say" },
};

/** Draws the alerts that are raised and not muted; an owner may mute them. */
async function alertsBanner() {
  const place = $("alerts");
  const { alerts } = await api("alerts");
  const raised = alerts.filter((alert) => alert.state === "raised" && !alert.muted);
  const key = JSON.stringify([language, alertsBanner.role, raised]);
  if (key === alertsBanner.drawn) return;
  alertsBanner.drawn = key;
  if (raised.length && alertsBanner.role === undefined) alertsBanner.role = (await api("session")).role;
  const mute = (alert, word, body) => el("button", { type: "button", onclick: async (event) => {
    event.target.disabled = true;
    await api(`alerts/${alert.kind}/mute`, "POST", body).catch((error) => toast(error.message));
    await alertsBanner().catch(() => {});
  } }, t(word));
  place.setAttribute("aria-label", t("alerts"));
  place.replaceChildren(...raised.map((alert) => el("div", { className: "alert", role: "alert" },
    el("b", {}, alert.headline[language]), el("small", {}, ` ${t("alertSince")} ${time(alert.since)}`),
    alert.detail[language] ? el("p", { dir: "auto" }, alert.detail[language]) : null,
    el("p", { dir: "auto" }, alert.remedy[language]),
    alertsBanner.role === "owner" ? el("div", { className: "row" }, mute(alert, "muteDay", { hours: 24 }), mute(alert, "muteUntilOver", {})) : null)));
  place.hidden = raised.length === 0;
}
