// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { namePlaces, roomsIn, spread } from "../../lesson_lib/chart/layout.js";
import { curve, plot } from "./made.js";

test("names that are far apart stay, and those that are near go apart around their middle", () => {
  assert.deepEqual(spread([90, 20, 50], 0, 100), [90, 20, 50]);
  assert.deepEqual(spread([50, 50], 0, 100), [42, 58]);
  assert.deepEqual(spread([50, 54, 80], 0, 100), [44, 60, 80]);
  assert.deepEqual(spread([], 0, 100), []);
});

test("names keep the order of the ends, also where there is an edge", () => {
  assert.deepEqual(spread([100, 99, 98], 0, 100), [100, 84, 68]);
  assert.deepEqual(spread([0, 1, 0], 0, 100), [0, 32, 16]);
});

test("a name stands behind the last point of its curve that is seen, and at the edge of the axes at most", () => {
  const curves = [curve([0, 5, 10], [0.5, 0.2, NaN]), curve([], []), curve([0, 20], [0.9, 0.95])];
  const places = namePlaces(plot(curves), curves);
  assert.deepEqual(
    places.map(({ curve, x, y }) => [curves.indexOf(curve), x, Math.round(y)]),
    [
      [0, 157, 100],
      [2, 257, 26],
    ],
  );
});

test("a name stands where its curve leaves the axes above or below", () => {
  const curves = [curve([0, 2, 6, 10], [0.5, 0.8, 1.2, 9]), curve([0, 4, 8], [0.6, 0.2, -0.6]), curve([0, 2], [3, 4])];
  const places = namePlaces(plot(curves), curves);
  assert.deepEqual(
    places.map(({ x, y }) => [Math.round(x), Math.round(y)]),
    [
      [137, 26],
      [157, 114],
      [97, 42],
    ],
  );
});

test("a chart that would have less than 72 % of the width that it is made for goes to the next line", () => {
  const charts = [2, 1, 1].map((width) => ({ ...plot([]).chart, width }));
  const linesAt = (/** @type {number} */ width) => {
    const { rooms, height } = roomsIn({ rows: [charts], heights: [300] }, width);
    return [rooms.map(({ room }) => [room.left, room.top, room.width]), height];
  };
  // 0.72 · 960 = 691.2
  assert.deepEqual(linesAt(692), [[346, 173, 173].map((wide, place) => [[0, 346, 519][place], 0, wide]), 300]);
  assert.deepEqual(linesAt(690), [
    [
      [0, 0, 460],
      [460, 0, 230],
      [0, 300, 690],
    ],
    600,
  ]);
});
