// @ts-check
// What a right answer can do: a picture that the kernel draws anew while it goes on.
/** @import { View } from "../panel/types.d.ts" */
/** @import { RewardTraits } from "./types.d.ts" */
import { whenThemeChanges } from "../chart/colors.js";
import { drawPicture, unpack } from "../chart/picture.js";
import { element, frame } from "../panel/element.js";
import { live } from "../panel/live.js";

/** @param {View<RewardTraits>} view */
function render({ model, el }) {
  const canvas = element("canvas", { class: "mbl-reward", role: "img" });
  const words = element("p", { class: "mbl-sentence" });
  el.append(frame({ class: "mbl-frame mbl-practice" }, canvas, words));

  function say() {
    words.textContent = model.get("words");
    canvas.setAttribute("aria-label", model.get("words"));
  }
  function draw() {
    if (canvas.clientWidth) drawPicture(canvas, unpack(model.get("picture")));
  }
  model.on("change:words", say);
  model.on("change:picture", draw);
  const endTheme = whenThemeChanges(canvas, draw);
  const resized = new ResizeObserver(draw);
  resized.observe(canvas);
  say();
  draw();
  return () => {
    model.off("change:words", say);
    model.off("change:picture", draw);
    endTheme();
    resized.disconnect();
  };
}

export default live(render);
