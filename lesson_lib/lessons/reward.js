// @ts-check
// What a right answer can do: a picture that the kernel draws anew while it goes on.
/** @import { View } from "../panel/types.d.ts" */
/** @import { RewardTraits } from "./types.d.ts" */
import { drawPicture, unpack } from "../chart/picture.js";
import { element, frame } from "../panel/element.js";
import { live } from "../panel/live.js";

/** @param {View<RewardTraits>} view */
function render({ model, el }) {
  const canvas = element("canvas", { class: "mbl-reward", role: "img" });
  const words = element("p", { class: "mbl-sentence" });
  el.append(frame({ class: "mbl-frame mbl-practice" }, canvas, words));

  function follow() {
    words.textContent = model.get("words");
    canvas.setAttribute("aria-label", model.get("words"));
    if (canvas.clientWidth) drawPicture(canvas, unpack(model.get("picture")));
  }
  const names = "change:picture change:words";
  model.on(names, follow);
  canvas.addEventListener("transitionend", follow);
  const resized = new ResizeObserver(follow);
  resized.observe(canvas);
  follow();
  return () => {
    model.off(names, follow);
    resized.disconnect();
  };
}

export default live(render);
