// @ts-check
// The start of a run, which the learner moves over a plot.
/** @import { Plot } from "./types.d.ts" */
import { along, valueAt } from "./axes.js";

/** By so much of an axis a key moves it. */
const KEY_STEP = 1 / 50;

/**
 * The place at shares of both axes, at their ends where that is beyond.
 * @param {Plot} plot
 * @param {number} across
 * @param {number} up
 * @returns {[x: number, y: number]}
 */
function placeAt(plot, across, up) {
  const within = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));
  return [valueAt(plot.x, within(across)), valueAt(plot.y, within(up))];
}

/**
 * Where the start is when it is dragged to a point of the canvas.
 * @param {Plot} plot
 * @param {number} x
 * @param {number} y
 */
export function draggedTo(plot, x, y) {
  return placeAt(plot, (x - plot.left) / plot.width, (plot.top + plot.height - y) / plot.height);
}

/** @type {Record<string, [across: number, up: number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Where an arrow key moves it.
 * @param {Plot} plot
 * @param {[x: number, y: number]} start
 * @param {string} key one of `STEPS`
 */
export function steppedTo(plot, [x, y], key) {
  const [across, up] = STEPS[key];
  return placeAt(plot, along(plot.x, x) + across * KEY_STEP, along(plot.y, y) + up * KEY_STEP);
}
