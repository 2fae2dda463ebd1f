// @ts-check
/** @import { Cells } from "../../lesson_lib/chart/types.d.ts" */
import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../lesson_lib/panel/frame.js";
import { cornerOf } from "../../lesson_lib/chart/card.js";
import { nearest, nextPlace, plotAt, readOff, shortNumber } from "../../lesson_lib/chart/reading.js";
import { axis, curve, near, plot } from "./made.js";

test("the nearest value is found among those that are finite", () => {
  assert.equal(nearest([0, 1, 2, 3], 1.4), 1);
  assert.equal(nearest([0, 1, 2, 3], 1.6), 2);
  assert.equal(nearest([3, 2, 1, 0], -5), 3);
  assert.equal(nearest([NaN, 7, NaN], 0), 1);
  assert.equal(nearest([NaN, Infinity], 0), -1);
  assert.equal(nearest([], 0), -1);
  assert.equal(nearest([0, 2, 2], 1 + 1e-6), 0);
  assert.equal(nearest([3, 2, 2], 2), 1);
});

test("numbers are said with three digits", () => {
  const said = { 0: 0, 2.3456: "2.35", 1234: "1,230", 0.0012345: "0.00123", 999999: "1,000,000", "-0.5": "−0.5" };
  for (const [value, words] of Object.entries(said)) assert.equal(shortNumber(Number(value)), String(words));
  assert.equal(shortNumber(0.00012345), "1.23e−4");
  assert.equal(shortNumber(-2.5e7), "−2.50e+7");
  assert.equal(shortNumber(-2.5e-7), "−2.50e−7");
  assert.equal(shortNumber(0.001), "0.001");
  assert.equal(shortNumber(1e6), "1.00e+6");
});

const LOSSES = [
  curve([0, 2, 4, 6], [2.3, 1, 0.5, 0.25], { name: "GD" }),
  curve([0, 1, 3, 5, 7], [2.3, 0.9, 0.4, 0.3, 0.2], { name: "SGD" }),
  curve([0, 10], [0, 0], { name: "" }),
];

test("all named curves are read at the point nearest to the pointer", () => {
  const read = readOff(plot(LOSSES), { x: 3.9 });
  assert(read);
  assert.equal(read.x, 4);
  assert.equal(read.words, "epochs 4: GD 0.5, SGD 0.4");
  assert.equal(read.title, "epochs 4");
  assert.deepEqual(
    read.rows.map(({ name, value }) => [name, value]),
    [
      ["GD", "0.5"],
      ["SGD", "0.4"],
    ],
  );
  assert.deepEqual(
    read.rows.map(({ of }) => [of?.curve.name, of?.x]),
    [
      ["GD", 4],
      ["SGD", 3],
    ],
  );
});

test("on a logarithmic axis the nearest point is the one that is nearest on the screen", () => {
  const x = axis(1, 1000, { log: true });
  assert.equal(readOff(plot([curve([1, 10, 100], [1, 2, 3])], { x }), { x: 29 })?.x, 10);
  assert.equal(readOff(plot([curve([1, 10, 100], [1, 2, 3])], { x }), { x: 35 })?.x, 100);
  const ends = [curve([1], [3], { name: "GD" }), curve([100], [2], { name: "SGD" })];
  assert.equal(readOff(plot(ends, { x }), { x: 20 })?.words, "epochs 100: GD 3, SGD 2");
  assert.equal(readOff(plot(ends, { x: { ...x, label: "" } }), { x: 2 })?.title, "1");
});

test("a curve without a value there is left out, and where none has one nothing is read", () => {
  const broken = curve([0, 4], [1, NaN], { name: "diverged" });
  assert.equal(readOff(plot([LOSSES[0], broken]), { x: 4 })?.words, "epochs 4: GD 0.5");
  assert.equal(readOff(plot([broken]), { x: 4 }), null);
  assert.equal(readOff(plot([]), { x: 4 }), null);
});

test("the pointer is in the plot that it is over, at the value under it", () => {
  const plots = [plot([]), plot([], { x: axis(1, 100, { log: true }), left: 300 })];
  assert.deepEqual(plotAt(plots, 150, 70), { plot: 0, x: 5, y: 0.5 });
  assert.deepEqual(plotAt(plots, 50, 20), { plot: 0, x: 0, y: 1 });
  assert.deepEqual(plotAt(plots, 250, 95), { plot: 0, x: 10, y: 0.25 });
  assert.deepEqual(plotAt(plots, 100, 120), { plot: 0, x: 2.5, y: 0 });
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
  const step = (/** @type {number} */ x, /** @type {number} */ by) => nextPlace(made, { x }, by).x;
  assert.equal(step(3, 1), 5);
  assert.equal(step(3, -1), 1);
  assert.equal(step(7, 1), 7);
  assert.equal(step(0, -1), 0);
  assert.equal(nextPlace(made, null, 1).x, 0);
  assert.equal(nextPlace(plot([]), { x: 3 }, 1).x, 3);
  assert.equal(nextPlace(plot([], { x: axis(1, 9) }), null, 1).x, 1);
  assert.equal(nextPlace(plot([curve([NaN, NaN], [1, 2])]), { x: 3 }, 1).x, 3);
});

test("in a chart the keyboard goes from left to right, in whatever order the points came", () => {
  const made = plot([curve([6, 0, 4, 2], [1, 2, 3, 4])]);
  assert.equal(nextPlace(made, null, 1).x, 0);
  assert.deepEqual(
    [0, 2, 4, 6].map((x) => nextPlace(made, { x }, 1).x),
    [2, 4, 6, 6],
  );
});

/** @type {Cells} */
const MAP = {
  ...{ kind: "cells", left: 0, right: 10, bottom: 0, top: 1, dark: null, smooth: true, tiles: [], name: "loss" },
  colors: /** @type {HTMLCanvasElement} */ ({ width: 3, height: 2 }),
  values: Float32Array.of(1, 2, 3, 4, 5, 6),
};

test("on a map the value of the cell under the pointer is read, the first row on top", () => {
  const [x, y] = [axis(0, 12, { label: "w (slope)" }), axis(0, 1, { label: "b, intercept" })];
  const map = plot([MAP, LOSSES[0]], { x, y });
  assert.equal(readOff(map, { x: 1, y: 0.9 })?.words, "w 1, b 0.9: loss 1");
  assert.equal(readOff(map, { x: 9, y: 0.9 })?.words, "w 9, b 0.9: loss 3");
  assert.equal(readOff(map, { x: 1, y: 0.1 })?.words, "w 1, b 0.1: loss 4");
  assert.equal(readOff(map, { x: 11, y: 0.1 }), null);
  const beside = plot([{ ...MAP, left: 2, right: 8, bottom: -1, top: 3 }], { x, y });
  const read = (/** @type {number} */ x, /** @type {number} */ y) => readOff(beside, { x, y })?.rows[0].value;
  assert.deepEqual([read(3, 2.5), read(5, 2.5), read(7, 2.5)], ["1", "2", "3"]);
  assert.deepEqual([read(3, -0.5), read(5, -0.5), read(7, -0.5)], ["4", "5", "6"]);
  assert.deepEqual([read(1.9, 2), read(8.1, 2), read(3, 3.1), read(3, -1.1)], Array(4).fill(undefined));
});

test("on a map the keyboard goes along the path, in its own order", () => {
  const path = curve([4, 2, 6], [0.5, 0.4, 0.9], { name: "GD" });
  const map = plot([MAP, path]);
  const places = [
    [4, 0.5],
    [2, 0.4],
    [6, 0.9],
  ].map(([x, y]) => ({ x, y: Math.fround(y) }));
  assert.deepEqual(nextPlace(map, null, 1), places[0]);
  assert.deepEqual(nextPlace(map, places[0], 1), places[1]);
  assert.deepEqual(nextPlace(map, places[1], 1), places[2]);
  assert.deepEqual(nextPlace(map, places[2], -1), places[1]);
});

test("of many images the one under the pointer is read, and the keyboard goes from one to the next", () => {
  const images = { ...MAP, right: 4, top: 4, values: null, tiles: ["one", "two", "three", "four"] };
  const made = plot([images], { x: axis(0, 5), y: axis(-1, 4) });
  assert.deepEqual(
    [
      [1, 3],
      [3, 3],
      [1, 1],
      [3, 1],
    ].map(([x, y]) => readOff(made, { x, y })?.words),
    images.tiles,
  );
  assert.equal(readOff(made, { x: 3, y: 3 })?.tile, 1);
  assert.equal(readOff(made, { x: 4.5, y: 3 }), null);
  assert.equal(readOff(made, { x: 1, y: -0.5 }), null);
  assert.deepEqual(nextPlace(made, null, 1), { x: 1, y: 3 });
  assert.deepEqual(nextPlace(made, { x: 3, y: 3 }, 1), { x: 1, y: 1 });
  assert.deepEqual(nextPlace(made, { x: 3, y: 1 }, 1), { x: 3, y: 1 });
  const beside = plot([{ ...images, left: 2, right: 8, bottom: -1, top: 3 }]);
  const places = [
    [3.5, 2],
    [6.5, 2],
    [3.5, 0],
    [6.5, 0],
  ].map(([x, y]) => ({ x, y }));
  assert.deepEqual(
    [null, ...places].map((from) => nextPlace(beside, from, 1)),
    [places[0], ...places.slice(1), places[3]],
  );
  assert.deepEqual(
    places.map((place) => readOff(beside, place)?.title),
    images.tiles,
  );
});

test("the card lies beside the pointer, in its own chart where that has room, and on the picture", () => {
  const [made, sheet] = [plot([]), { width: 960, height: 340 }];
  assert.deepEqual(cornerOf({ x: 60, y: 60 }, { width: 80, height: 40 }, made, sheet), { left: 74, top: 40 });
  assert.deepEqual(cornerOf({ x: 180, y: 60 }, { width: 80, height: 40 }, made, sheet), { left: 86, top: 40 });
  assert.deepEqual(cornerOf({ x: 240, y: 60 }, { width: 80, height: 40 }, made, sheet), { left: 146, top: 40 });
  assert.deepEqual(cornerOf({ x: 60, y: 118 }, { width: 80, height: 40 }, made, sheet), { left: 74, top: 76 });
  assert.deepEqual(cornerOf({ x: 150, y: 60 }, { width: 940, height: 40 }, made, sheet), { left: 18, top: 40 });
});

test("the arrow keys begin at the left, step along a plot, and go round the plots", () => {
  const plots = [plot(LOSSES), plot(LOSSES, { x: axis(-1, 10) }), plot(LOSSES)];
  assert.deepEqual(moved(plots, null, "ArrowRight"), { plot: 0, x: 0 });
  assert.deepEqual(moved(plots, { plot: 0, x: 1 }, "ArrowRight"), { plot: 0, x: 3 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowLeft"), { plot: 0, x: 1 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowDown"), { plot: 1, x: 0 });
  assert.deepEqual(moved(plots, { plot: 0, x: 3 }, "ArrowUp"), { plot: 2, x: 0 });
  assert.deepEqual(moved(plots, { plot: 2, x: 3 }, "ArrowDown"), { plot: 0, x: 0 });
});
