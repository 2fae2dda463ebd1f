// @ts-check
// Values are read off the curves of a plot.
/** @import { Curve, Mark, Plot } from "./types.d.ts" */
import { valueAt } from "./axes.js";

/**
 * Has it a name and at least one point?
 * @param {Mark} mark
 * @returns {mark is Curve}
 */
function isReadable(mark) {
  return mark.kind === "curve" && mark.name !== "" && mark.x.length > 0;
}

/**
 * The place of the value nearest to `at`; -1 where none is finite.
 * @param {ArrayLike<number>} values
 * @param {number} at
 */
export function nearest(values, at) {
  let best = -1;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i]) && !(Math.abs(values[i] - at) >= Math.abs(values[best] - at))) best = i;
  }
  return best;
}

/** @param {number} value */
export const shortNumber = (value) =>
  Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(2)
    : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });

/**
 * The values of all curves of a plot at one place of its x axis, in words.
 * @param {Plot} plot
 * @param {number} at
 */
export function readOff(plot, at) {
  const values = plot.chart.marks.filter(isReadable).flatMap((curve) => {
    const place = nearest(curve.x.map(plot.atX), plot.atX(at));
    return place < 0 || !Number.isFinite(curve.y[place]) ? [] : [{ curve, x: curve.x[place], y: curve.y[place] }];
  });
  if (!values.length) return null;
  // All stand at the point nearest to the pointer; another curve's value may lie a little beside it.
  const nearestX = nearest(
    values.map((value) => plot.atX(value.x)),
    plot.atX(at),
  );
  const x = values[nearestX].x;
  const words = values.map(({ curve, y }) => `${curve.name} ${shortNumber(y)}`);
  return { x, values, words: `${plot.chart.x.label} ${shortNumber(x)}: ${words.join(", ")}` };
}

/**
 * Which plot lies under a point of the canvas, and which value of its x axis?
 * @param {Plot[]} plots
 * @param {number} x
 * @param {number} y
 */
export function plotAt(plots, x, y) {
  const plot = plots.findIndex(
    ({ left, top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height,
  );
  if (plot < 0) return null;
  const { left, width, x: across } = plots[plot];
  return { plot, x: valueAt(across, (x - left) / width) };
}

/**
 * One step of the keyboard to the right (or left) along the points of a plot's longest curve.
 * @param {Plot} plot
 * @param {number} at
 * @param {number} step
 */
export function nextPlace(plot, at, step) {
  const finite = plot.chart.marks.filter(isReadable).map(({ x }) => [...x].filter(Number.isFinite));
  const longest = finite.reduce((one, other) => (other.length > one.length ? other : one), []);
  const places = longest.sort((one, other) => one - other);
  if (!places.length) return at;
  const here = nearest(places, at);
  return places[Math.min(places.length - 1, Math.max(0, here + step))];
}
