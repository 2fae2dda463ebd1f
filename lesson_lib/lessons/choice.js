// @ts-check
// A question or a vote on the page. What is right, and why, the kernel says.
/** @import { View } from "../panel/types.d.ts" */
/** @import { ChoiceTraits } from "./types.d.ts" */
import { element, frame } from "../panel/element.js";
import { live } from "../panel/live.js";
import { marked, SIGNS } from "./verdicts.js";

/** @param {View<ChoiceTraits>} view */
function render({ model, el }) {
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const radios = model.get("options").map((_, place) => {
    const radio = element("input", { type: "radio", name: id, id: `${id}-${place}` });
    radio.addEventListener("change", () => model.send({ choose: place }));
    return radio;
  });
  const lines = model.get("options").map((text, place) => {
    const letter = element("span", { class: "mbl-letter" }, String.fromCharCode(65 + place));
    const attributes = { class: "mbl-option", for: `${id}-${place}` };
    return element("label", attributes, radios[place], letter, element("span", {}, text));
  });
  const verdict = element("p", { class: "mbl-verdict", role: "status", "aria-live": "polite" });
  const anew = element("button", { type: "button" }, "Vote again");
  anew.addEventListener("click", () => model.send({ anew: true }));
  const notice = element("p", { class: "mbl-error", role: "alert" });
  const question = element("fieldset", {}, element("legend", {}, model.get("text")), ...lines);
  el.append(frame({ class: "mbl-frame mbl-practice" }, question, verdict, anew, notice));

  function follow() {
    const [mark, words] = [model.get("mark"), model.get("verdict")];
    radios.forEach((radio, place) => {
      radio.checked = place === model.get("chosen");
      radio.disabled = model.get("closed");
    });
    anew.hidden = !model.get("closed");
    verdict.className = marked("mbl-verdict", mark);
    verdict.textContent = words && `${SIGNS[mark]}${words}`;
    notice.textContent = model.get("notice");
  }
  const names = "change:chosen change:mark change:verdict change:closed change:notice";
  model.on(names, follow);
  follow();
  return () => model.off(names, follow);
}

export default live(render);
