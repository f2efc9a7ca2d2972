"use strict";
/** Suggested merges of contacts, above the list of threads. Loaded before page.js, and uses its functions. */
const SUGGESTION_WORDS = {
  he: { sameContact: "אותו לקוח?", number_moved: "המספר הזה היה של אחד מהם, ועכשיו הוא של השני.", named_together: "הודעה אחת הזכירה את שניהם.",
    mergeThem: "כן, לאחד", keepApart: "לא, שני אנשים", merged: "אוחדו", undo: "ביטול", noAddress: "המספר הזה שייך עכשיו ללקוח אחר, ואין כתובת אחרת. אי אפשר לענות כאן." },
  en: { sameContact: "The same contact?", number_moved: "One of them had this number before, the other one has it now.", named_together: "One message named both.",
    mergeThem: "Yes, merge them", keepApart: "No, two people", merged: "Merged", undo: "Undo", noAddress: "This number belongs to another contact now, and no other address is known. You cannot answer here." },
};

/** Renders the suggestions into `place`; each can be confirmed or dismissed, and a merge can be undone at once. */
async function mergeSuggestions(place) {
  const { items: suggestions } = await api("merge-suggestions");
  const key = JSON.stringify([language, suggestions]);
  if (key === place.drawn) return;
  place.drawn = key;
  const decide = (suggestion, action, done) => async (event) => {
    event.target.disabled = true;
    const answer = await api(`merge-suggestions/${suggestion.id}/${action}`, "POST", {}).catch((error) => toast(error.message));
    if (answer) done(answer);
    await mergeSuggestions(place).catch(() => {});
  };
  const offerUndo = ({ merge_id }) => {
    const row = el("div", { className: "row" }, t("merged"), el("button", { type: "button", onclick: async () => {
      await api(`merges/${merge_id}/undo`, "POST", {}).catch((error) => toast(error.message));
      row.remove();
    } }, t("undo")));
    place.after(row);
  };
  const name = (contact) => el("bdi", {}, contact.display_name || `#${contact.id}`);
  place.replaceChildren(...suggestions.map((suggestion) => el("div", { className: "alert", role: "group" },
    el("b", {}, t("sameContact")), el("p", {}, name(suggestion.contact), " · ", name(suggestion.other_contact), " · ", phone(suggestion.address)),
    el("p", {}, t(suggestion.reason)),
    el("div", { className: "row" },
      el("button", { type: "button", onclick: decide(suggestion, "confirm", offerUndo) }, t("mergeThem")),
      el("button", { type: "button", onclick: decide(suggestion, "dismiss", () => {}) }, t("keepApart"))))));
}
