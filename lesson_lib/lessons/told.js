// @ts-check
// What came out of a vote, or of all of a lesson: held back until the kernel says it.
/** @import { Model, View } from "../panel/types.d.ts" */
/** @import { ToldTraits } from "./types.d.ts" */
import { element, frame } from "../panel/element.js";
import { live } from "../panel/live.js";
import { marked, SIGNS } from "./verdicts.js";

// Begins the tag of a cell whose output answers a vote or a drawing; its name follows.
const ANSWERS = "answers:";

/** @param {string[][]} rows */
function linesOf(rows) {
  return rows.map((row, place) => {
    const cells = row.map((text) => element(place ? "td" : "th", place ? {} : { scope: "col" }, text));
    return element("tr", {}, ...cells);
  });
}

/**
 * Fold the outputs that would tell what is held back, though their cells have been run, and unfold those that waited.
 * @param {Model<ToldTraits>} model
 * @param {Set<string>} held votes and drawings
 * @param {Set<string>} before those that were held back the last time
 */
function holdBack(model, held, before) {
  for (const cell of model.widget_manager?.context?.model.cells ?? []) {
    /** @type {string[]} */
    const tags = cell.getMetadata("tags") ?? [];
    const waitsFor = tags.filter((tag) => tag.startsWith(ANSWERS)).map((tag) => tag.slice(ANSWERS.length));
    if (!waitsFor.some((name) => held.has(name) !== before.has(name))) continue;
    cell.deleteMetadata("jupyter"); // what JupyterLab unfolded to run it may still be noted as folded
    if (waitsFor.some((name) => held.has(name))) cell.setMetadata("jupyter", { outputs_hidden: true });
  }
}

/** @param {View<ToldTraits>} view */
function render({ model, el }) {
  const words = element("p", { class: "mbl-verdict", role: "status", "aria-live": "polite" });
  const reveal = element("button", { type: "button" }, "Show me");
  reveal.addEventListener("click", () => model.send({ show: true }));
  const table = element("table", { class: "mbl-recall" });
  const notice = element("p", { class: "mbl-error", role: "alert" });
  el.append(frame({ class: "mbl-frame mbl-practice" }, words, reveal, table, notice));

  /** @type {Set<string>} */
  let held = new Set();
  function follow() {
    const before = held;
    held = new Set(model.get("held_back"));
    holdBack(model, held, before);
    const mark = model.get("mark");
    words.className = marked("mbl-verdict", mark);
    words.textContent = `${SIGNS[mark]}${model.get("words")}`;
    reveal.hidden = !model.get("held");
    table.replaceChildren(...linesOf(model.get("rows")));
    table.hidden = !model.get("rows").length;
    notice.textContent = model.get("notice");
  }
  const names = "change:words change:mark change:held change:held_back change:rows change:notice";
  model.on(names, follow);
  follow();
  return () => model.off(names, follow);
}

export default live(render);
