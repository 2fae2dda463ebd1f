// @ts-check
// What came out of a vote, or of all of a lesson: held back until the kernel says it.
/** @import { View } from "../panel/types.d.ts" */
/** @import { ToldTraits } from "./types.d.ts" */
import { element, frame } from "../panel/element.js";
import { live } from "../panel/live.js";
import { marked, SIGNS } from "./verdicts.js";

/** @param {string[][]} rows */
function linesOf(rows) {
  return rows.map((row, place) => {
    const cells = row.map((text) => element(place ? "td" : "th", place ? {} : { scope: "col" }, text));
    return element("tr", {}, ...cells);
  });
}

/** @param {View<ToldTraits>} view */
function render({ model, el }) {
  const words = element("p", { class: "mbl-verdict", role: "status", "aria-live": "polite" });
  const reveal = element("button", { type: "button" }, "Show me");
  reveal.addEventListener("click", () => model.send({ show: true }));
  const table = element("table", { class: "mbl-recall" });
  const notice = element("p", { class: "mbl-error", role: "alert" });
  el.append(frame({ class: "mbl-frame mbl-practice" }, words, reveal, table, notice));

  function follow() {
    const mark = model.get("mark");
    words.className = marked("mbl-verdict", mark);
    words.textContent = `${SIGNS[mark]}${model.get("words")}`;
    reveal.hidden = !model.get("held");
    table.replaceChildren(...linesOf(model.get("rows")));
    table.hidden = !model.get("rows").length;
    notice.textContent = model.get("notice");
  }
  const names = "change:words change:mark change:held change:rows change:notice";
  model.on(names, follow);
  follow();
  return () => model.off(names, follow);
}

export default live(render);
