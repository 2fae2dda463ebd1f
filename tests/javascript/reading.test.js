// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../lesson_lib/panel/frame.js";
import { nearest, nextPlace, plotAt, readOff, shortNumber } from "../../lesson_lib/chart/reading.js";
import { axis, curve, near, plot } from "./made.js";

test("the nearest value is found among those that are finite", () => {
  assert.equal(nearest([0, 1, 2, 3], 1.4), 1);
  assert.equal(nearest([0, 1, 2, 3], 1.6), 2);
  assert.equal(nearest([3, 2, 1, 0], -5), 3);
  assert.equal(nearest([NaN, 7, NaN], 0), 1);
  assert.equal(nearest([NaN, Infinity], 0), -1);
  assert.equal(nearest([], 0), -1);
});

test("numbers are said with three digits", () => {
  const said = { 0: 0, 2.3456: "2.35", 1234: "1,230", 0.0012345: "0.00123", 999999: "1,000,000", "-0.5": "-0.5" };
  for (const [value, words] of Object.entries(said)) assert.equal(shortNumber(Number(value)), String(words));
  assert.equal(shortNumber(0.00012345), "1.23e-4");
  assert.equal(shortNumber(-2.5e7), "-2.50e+7");
});

const LOSSES = [
  curve([0, 2, 4, 6], [2.3, 1, 0.5, 0.25], { name: "GD" }),
  curve([0, 1, 3, 5, 7], [2.3, 0.9, 0.4, 0.3, 0.2], { name: "SGD" }),
  curve([0, 10], [0, 0], { name: "" }),
];

test("all named curves are read at the point nearest to the pointer", () => {
  const read = readOff(plot(LOSSES), 3.9);
  assert(read);
  assert.equal(read.x, 4);
  assert.equal(read.words, "epochs 4: GD 0.5, SGD 0.4");
  assert.deepEqual(
    read.values.map(({ curve, x }) => [curve.name, x]),
    [
      ["GD", 4],
      ["SGD", 3],
    ],
  );
});

test("on a logarithmic axis the nearest point is the one that is nearest on the screen", () => {
  const x = axis(1, 1000, { log: true });
  assert.equal(readOff(plot([curve([1, 10, 100], [1, 2, 3])], { x }), 29)?.x, 10);
  assert.equal(readOff(plot([curve([1, 10, 100], [1, 2, 3])], { x }), 35)?.x, 100);
});

test("a curve without a value there is left out, and where none has one nothing is read", () => {
  const broken = curve([0, 4], [1, NaN], { name: "diverged" });
  assert.equal(readOff(plot([LOSSES[0], broken]), 4)?.words, "epochs 4: GD 0.5");
  assert.equal(readOff(plot([broken]), 4), null);
  assert.equal(readOff(plot([]), 4), null);
});

test("the pointer is in the plot that it is over, at the value under it", () => {
  const plots = [plot([]), plot([], { x: axis(1, 100, { log: true }), left: 300 })];
  assert.deepEqual(plotAt(plots, 150, 70), { plot: 0, x: 5 });
  assert.equal(plotAt(plots, 450, 70)?.plot, 1);
  near(plotAt(plots, 450, 70)?.x ?? NaN, 10);
  for (const [x, y] of [
    [49, 70],
    [150, 19],
    [150, 121],
    [251, 70],
  ]) {
    assert.equal(plotAt(plots, x, y), null);
  }
});

test("a step of the keyboard goes to the next point of the longest curve, and stays at its ends", () => {
  const made = plot(LOSSES);
  assert.equal(nextPlace(made, 3, 1), 5);
  assert.equal(nextPlace(made, 3, -1), 1);
  assert.equal(nextPlace(made, 7, 1), 7);
  assert.equal(nextPlace(made, 0, -1), 0);
  assert.equal(nextPlace(plot([]), 3, 1), 3);
  assert.equal(nextPlace(plot([curve([NaN, NaN], [1, 2])]), 3, 1), 3);
});

test("the arrow keys begin at the left, step along a plot, and go round the plots", () => {
  const plots = [plot(LOSSES), plot(LOSSES, { x: axis(-1, 10) }), plot(LOSSES)];
  assert.deepEqual(moved(plots, null, "ArrowRight"), { plot: 0, x: 0 });
  assert.deepEqual(moved(plots, { plot: 0, x: 1 }, "ArrowRight"), { plot: 0, x: 3 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowLeft"), { plot: 0, x: 1 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowDown"), { plot: 1, x: -1 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowUp"), { plot: 2, x: 0 });
  assert.deepEqual(moved(plots, { plot: 2, x: 3 }, "ArrowDown"), { plot: 0, x: 0 });
});
