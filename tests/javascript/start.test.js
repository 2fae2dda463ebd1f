// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { draggedTo, steppedTo } from "../../lesson_lib/chart/start.js";
import { axis, near, plot } from "./made.js";

const MAP = plot([], { x: axis(-1, 4), y: axis(-2, 2) });

test("a start that is dragged to a point of the canvas is at the values there", () => {
  assert.deepEqual(draggedTo(MAP, 50, 120), [-1, -2]);
  assert.deepEqual(draggedTo(MAP, 250, 20), [4, 2]);
  assert.deepEqual(draggedTo(MAP, 90, 45), [0, 1]);
});

test("a start that is dragged beyond its plot stays at the edge", () => {
  assert.deepEqual(draggedTo(MAP, 0, 45), [-1, 1]);
  assert.deepEqual(draggedTo(MAP, 300, 200), [4, -2]);
  assert.deepEqual(draggedTo(MAP, 90, 0), [0, 2]);
});

test("a key moves the start by a fiftieth of an axis, as that is drawn, and not beyond it", () => {
  const moves = { ArrowLeft: [0.9, 1], ArrowRight: [1.1, 1], ArrowUp: [1, 1.08], ArrowDown: [1, 0.92] };
  for (const [key, [x, y]] of Object.entries(moves)) {
    const [toX, toY] = steppedTo(MAP, [1, 1], key);
    near(toX, x);
    near(toY, y);
  }
  near(steppedTo(plot([], { x: axis(1, 100, { log: true }) }), [10, 0.5], "ArrowRight")[0], 10 * 100 ** (1 / 50));
  assert.deepEqual(steppedTo(MAP, [3.95, 0], "ArrowRight"), [4, 0]);
  assert.deepEqual(steppedTo(MAP, [9, 0], "ArrowLeft"), [4, 0]);
});

test("where an axis is drawn wider than its chart says, so that units are equal, a key goes by what is drawn", () => {
  const wide = { ...MAP, x: axis(-3, 5) };
  const [upX, upY] = steppedTo(wide, [1, 1], "ArrowUp");
  near(upX, 1);
  near(upY, 1.08);
  near(steppedTo(wide, [1, 1], "ArrowRight")[0], 1.16);
});
