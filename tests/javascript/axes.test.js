// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { along, equalAxes, valueAt, widened } from "../../lesson_lib/chart/axes.js";
import { axis, near } from "./made.js";

test("an even axis measures from its low end", () => {
  near(along(axis(-2, 6), -2), 0);
  near(along(axis(-2, 6), 6), 1);
  near(along(axis(-2, 6), 4), 0.75);
});

test("on a logarithmic axis each decade is as long as the next", () => {
  const decades = axis(0.01, 1000, { log: true });
  [0.01, 0.1, 1, 10, 100, 1000].forEach((value, place) => {
    near(along(decades, value), place / 5);
  });
  near(along(axis(2, 32, { log: true }), 8), 0.5);
});

test("what a logarithmic axis does not have has no place on it", () => {
  for (const value of [0, -1]) assert(!Number.isFinite(along(axis(1, 10, { log: true }), value)));
});

test("a value is found again where it was put", () => {
  for (const made of [axis(-3, 7), axis(0.001, 100, { log: true })]) {
    for (const share of [0, 0.2, 0.61, 1]) near(along(made, valueAt(made, share)), share);
  }
});

test("one unit becomes as long on both axes, and nothing is lost at either end", () => {
  for (const [width, height] of [
    [400, 100],
    [100, 400],
  ]) {
    const [given, size] = [
      { x: axis(-1, 3), y: axis(0, 5) },
      { width, height },
    ];
    const { x, y } = equalAxes(given, size);
    near(width / (x.high - x.low), height / (y.high - y.low));
    near((x.low + x.high) / 2, 1);
    near((y.low + y.high) / 2, 2.5);
    assert(x.low <= -1 + 1e-12 && x.high >= 3 - 1e-12 && y.low <= 1e-12 && y.high >= 5 - 1e-12);
    const [wide, high] = [x.high - x.low, y.high - y.low];
    assert(Math.abs(wide - 4) < 1e-9 || Math.abs(high - 5) < 1e-9, "one of the two shows just what it was to show");
  }
});

test("an axis that shows more has ticks up to its new ends", () => {
  const ticks = [0, 0.5, 1].map((at) => ({ at, text: at.toFixed(1) }));
  const { x, y } = equalAxes({ x: axis(-0.2, 1.2, { ticks }), y: axis(-1, 1) }, { width: 300, height: 200 });
  assert.deepEqual(
    [x.low, x.high].map((end) => Number(end.toFixed(9))),
    [-1, 2],
  );
  assert.deepEqual(
    x.ticks.map(({ text }) => text),
    ["−1.0", "−0.5", "0.0", "0.5", "1.0", "1.5", "2.0"],
  );
  x.ticks.forEach(({ at }, place) => {
    near(at, place / 2 - 1);
  });
  assert.deepEqual(y.ticks, axis(-1, 1).ticks, "an axis without ticks gets none");
  assert.deepEqual(widened(axis(-1, 1, { label: "w" }), -3, 2), axis(-3, 2, { label: "w" }));
  const thousands = [0, 1000].map((at) => ({ at, text: `${at}` }));
  assert.deepEqual(widened(axis(0, 1000, { ticks: thousands }), 0, 2999).ticks, [
    { at: 0, text: "0" },
    { at: 1000, text: "1,000" },
    { at: 2000, text: "2,000" },
  ]);
});
