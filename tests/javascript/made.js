// @ts-check
// Axes, curves and plots for the tests.
/** @import { Axis, Curve, Mark, Plot } from "../../lesson_lib/chart/types.d.ts" */
import assert from "node:assert/strict";
import { along } from "../../lesson_lib/chart/axes.js";

/**
 * @param {number} low
 * @param {number} high
 * @param {Partial<Axis>} options
 * @returns {Axis}
 */
export function axis(low, high, options = {}) {
  return { label: "epochs", low, high, ticks: [], log: false, grid: true, ...options };
}

/**
 * @param {number[]} x
 * @param {number[]} y
 * @param {Partial<Curve>} options
 * @returns {Curve}
 */
export function curve(x, y, options = {}) {
  const [dash, marker] = [/** @type {const} */ ("solid"), /** @type {const} */ ("none")];
  const style = {
    color: "#0072B2",
    width: 2,
    dash,
    marker,
    marker_size: 5,
    opacity: 1,
    arrow: false,
    named_at_end: true,
  };
  return { kind: "curve", name: "GD", x: Float32Array.from(x), y: Float32Array.from(y), ...style, ...options };
}

/**
 * A plot 200 pixels wide and 100 high, whose upper left corner is at (50, 20) or `left` further to the right.
 * @param {Mark[]} marks
 * @param {{ x?: Axis, y?: Axis, left?: number }} options
 * @returns {Plot}
 */
export function plot(marks, { x = axis(0, 10), y = axis(0, 1), left = 0 } = {}) {
  return {
    ...{ left: 50 + left, top: 20, width: 200, height: 100 },
    ...{ x, y, chart: { title: "loss", x, y, marks, width: 1, equal: false, start: null } },
    atX: (value) => 50 + left + 200 * along(x, value),
    atY: (value) => 120 - 100 * along(y, value),
  };
}

/**
 * @param {number} found
 * @param {number} meant
 */
export function near(found, meant) {
  assert(Math.abs(found - meant) <= 1e-6 * Math.max(1, Math.abs(meant)), `${found} is not ${meant}`);
}
