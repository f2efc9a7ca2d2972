"use strict";
/* The user's sessions and password; for owners also the sessions of all users, and the API tokens. */
const ACCOUNT_WORDS = {
  he: {
    account: "חשבון", sessions: "כניסות פעילות", thisSession: "הדפדפן הזה", began: "מאז", lastSeen: "שימוש אחרון", expires: "בתוקף עד",
    end: "סיום", endOthers: "סיום כל הכניסות האחרות", endAll: "סיום כל הכניסות", currentPassword: "הסיסמה הנוכחית", changePassword: "החלפת סיסמה",
    passwordChanged: "הסיסמה הוחלפה, והכניסות האחרות הסתיימו", tokens: "אסימוני API", noTokens: "אין אסימונים.", createdBy: "נוצר בידי", never: "ללא תפוגה",
    expired: "פג תוקף", neverUsed: "לא נוצל", revoke: "ביטול", users: "משתמשים", owner: "בעלים", staff: "צוות", unknown: "לא ידוע", commandLine: "שורת הפקודה",
    endAsk: "לסיים את הכניסות?", revokeAsk: "לבטל את האסימון? תוכנה שמשתמשת בו תפסיק לעבוד.", unknownBrowser: "דפדפן לא מזוהה",
  },
  en: {
    account: "Account", sessions: "Active sessions", thisSession: "This browser", began: "since", lastSeen: "last used", expires: "expires",
    end: "End", endOthers: "End all other sessions", endAll: "End all sessions", currentPassword: "Current password", changePassword: "Change password",
    passwordChanged: "The password is changed, and the other sessions have ended", tokens: "API tokens", noTokens: "No tokens.", createdBy: "created by", never: "does not expire",
    expired: "expired", neverUsed: "never used", revoke: "Revoke", users: "Users", owner: "owner", staff: "staff", unknown: "unknown", commandLine: "command line",
    endAsk: "End the sessions?", revokeAsk: "Revoke the token? A program that uses it will stop working.", unknownBrowser: "Unknown browser",
  },
};

async function account() {
  const me = await api("session");
  const sessions = el("ul", { className: "entries" }), users = el("ul", { className: "entries" }), tokens = el("ul", { className: "entries" });
  const endOthers = el("button", { type: "button", onclick: () => act(endOthers, () => api("sessions", "DELETE")) }, t("endOthers"));
  const change = el("button", { type: "submit" }, t("changePassword"));
  const form = el("form", { onsubmit: (event) => {
    event.preventDefault();
    act(change, async () => {
      await api("password", "POST", Object.fromEntries(new FormData(form)));
      form.reset(); toast(t("passwordChanged"));
    });
  } }, el("h2", {}, t("changePassword")),
  field("current_password", "currentPassword", { type: "password", autocomplete: "current-password" }),
  field("new_password", "newPassword", { type: "password", autocomplete: "new-password", minLength: 10 }), change);
  const owned = [el("h2", {}, t("users")), users, el("h2", {}, t("tokens")), tokens];
  main.replaceChildren(el("section", { className: "link", "aria-label": t("account") },
    el("h1", {}, el("bdi", {}, me.user?.name ?? t("account"))), el("h2", {}, t("sessions")), sessions, endOthers, form,
    ...(me.role === "owner" ? owned : [])));

  async function act(source, work) {
    source.disabled = true;
    try { await work(); } catch (error) { toast(error.message); }
    source.disabled = false;
    await refresh().catch(() => {});
  }
  /** A list entry with its action buttons. */
  const entry = (title, facts, ...buttons) => el("li", {},
    el("b", {}, el("bdi", {}, title)), el("small", {}, facts.filter(Boolean).join(" · ")), ...buttons);
  const button = (label, title, work, question) => {
    const made = el("button", { type: "button", "aria-label": `${t(label)}: ${title}`,
      onclick: () => { if (!question || confirm(t(question))) act(made, work); } }, t(label));
    return made;
  };
  const sessionEntry = (session) => {
    const title = session.is_current ? t("thisSession") : session.user_agent || t("unknownBrowser");
    const facts = [session.is_current && session.user_agent, `${t("began")} ${time(session.created_at)}`,
      `${t("lastSeen")} ${time(session.last_seen_at)}`, `${t("expires")} ${time(session.expires_at)}`];
    return entry(title, facts, session.is_current ? null : button("end", title, () => api(`sessions/${session.id}`, "DELETE")));
  };
  const userEntry = (user) => entry(user.name, [t(user.role), user.last_login_at && `${t("lastSeen")} ${time(user.last_login_at)}`],
    user.id === me.user?.id ? null : button("endAll", user.name, () => api(`users/${user.id}/sessions`, "DELETE"), "endAsk"));
  const tokenEntry = (token) => {
    const maker = token.user_name ?? (token.created_by === "cli" ? t("commandLine") : token.created_by ?? t("unknown"));
    const isOver = token.expires_at && new Date(token.expires_at) <= new Date();
    const end = !token.expires_at ? t("never") : isOver ? `${t("expired")} ${time(token.expires_at)}` : `${t("expires")} ${time(token.expires_at)}`;
    const facts = [t(token.role), `${t("createdBy")} \u2068${maker}\u2069, ${time(token.created_at)}`, end,
      token.last_used_at ? `${t("lastSeen")} ${time(token.last_used_at)}` : t("neverUsed")];
    return entry(token.name, facts, button("revoke", token.name, () => api(`tokens/${token.id}`, "DELETE"), "revokeAsk"));
  };
  async function refresh() {
    const own = (await api("sessions")).items;
    sessions.replaceChildren(...own.map(sessionEntry));
    endOthers.hidden = own.length < 2;
    if (me.role !== "owner") return;
    const [all, known] = await Promise.all([api("users"), api("tokens")]);
    users.replaceChildren(...all.items.map(userEntry));
    tokens.replaceChildren(...(known.items.length ? known.items.map(tokenEntry) : [el("li", { className: "quiet" }, t("noTokens"))]));
  }
  await refresh();
}
