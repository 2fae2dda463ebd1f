// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fittedWords,
  marginsOf,
  namedAtEnds,
  namePlaces,
  roomsIn,
  spread,
  ticksWithRoom,
} from "../../lesson_lib/chart/layout.js";
import { axis, curve, near, plot } from "./made.js";
import { bare, sheet } from "./sheet.js";

test("names that are far apart stay, and those that are near go apart around their middle", () => {
  assert.deepEqual(spread([90, 20, 50], 0, 100), [90, 20, 50]);
  assert.deepEqual(spread([50, 50], 0, 100), [42, 58]);
  assert.deepEqual(spread([50, 54, 80], 0, 100), [44, 60, 80]);
  assert.deepEqual(spread([], 0, 100), []);
  assert.deepEqual(spread([30, 80, 81, 50], 0, 200), [30, 72.5, 88.5, 50]);
  // Two groups that come to touch become one: the mean of 50, 52, 54, 90 and 91 is 67.4.
  assert.deepEqual(
    spread([50, 52, 54, 90, 91], 0, 200).map((height) => Math.round(10 * height) / 10),
    [35.4, 51.4, 67.4, 83.4, 99.4],
  );
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
  for (const [xs, ys] of [
    [[4], [0.5]],
    [
      [4, NaN],
      [0.5, 0.5],
    ],
    [
      [4, 5],
      [0.5, Infinity],
    ],
  ]) {
    const begun = curve(xs, ys);
    assert.deepEqual(namePlaces(plot([begun]), [begun]), [{ curve: begun, x: 137, y: 70 }]);
  }
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

test("a height that is given is filled by all lines of all rows, each with its share", () => {
  const chart = plot([]).chart;
  const picture = { rows: [[chart, chart], [chart]], heights: [300, 200] };
  /** @type {(width: number) => [number, number][]} */
  const heightsAt = (width) => {
    const { rooms, height } = roomsIn(picture, width, 400);
    near(height, 400);
    return rooms.map(({ room }) => [Math.round(room.top), Math.round(room.height)]);
  };
  assert.deepEqual(heightsAt(960), [
    [0, 240],
    [0, 240],
    [240, 160],
  ]);
  assert.deepEqual(heightsAt(400), [
    [0, 150],
    [150, 150],
    [300, 100],
  ]);
});

test("names stand at the ends where they take at most three tenths of the width, in steps of 16 pixels", () => {
  const { context } = sheet(100);
  const g = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (context));
  /** @type {(names: string[], width: number, height: number, options?: object, more?: object) => number} */
  const room = (names, width, height, options, more) => {
    const chart = { ...plot(names.map((name) => curve([1], [1], { name, ...options }))).chart, ...more };
    const named = namedAtEnds(g, chart, { left: 0, top: 0, width, height });
    assert.deepEqual(named.curves, named.width ? chart.marks.filter((mark) => "name" in mark && mark.name) : []);
    return named.width;
  };
  // A letter has 6.25 pixels; 7 are before a name and 4 behind it.
  assert.equal(room(["GD", ""], 1000, 200), 32);
  assert.equal(room(["GD", "abcd"], 1000, 200), 48);
  assert.equal(room(["abcdef", "GD"], 1000, 200), 64);
  assert.deepEqual([room(["abcde"], 160, 200), room(["abcde"], 159, 200)], [48, 0]);
  assert.deepEqual([room(["a", "b", "c"], 1000, 148), room(["a", "b", "c"], 1000, 147)], [32, 0]);
  assert.equal(room(["GD"], 1000, 200, { width: 0.5 }), 32);
  for (const options of [{ width: 0 }, { named_at_end: false }]) assert.equal(room(["GD"], 1000, 200, options), 0);
  assert.equal(room(["GD"], 1000, 200, {}, { equal: true }), 0);
});

test("ticks are left out evenly, as few as need be", () => {
  const ticks = Array.from({ length: 11 }, (_, at) => ({ at, text: "" }));
  for (const [length, shown] of /** @type {[number, number[]][]} */ ([
    [10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [11, [0, 2, 4, 6, 8, 10]],
    [21, [0, 3, 6, 9]],
    [200, [0]],
  ])) {
    for (const way of [10, -10]) {
      const found = ticksWithRoom(
        ticks,
        ({ at }) => way * at,
        () => length,
      );
      assert.deepEqual(
        found.map(({ at }) => at),
        shown,
      );
    }
  }
});

test("words that would lie on each other become smaller, all alike", () => {
  const { context } = sheet(100);
  const g = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (context));
  const word = (/** @type {number} */ x, /** @type {number} */ y, size = 20) =>
    /** @type {const} */ ({ kind: "words", x, y, text: "ab", color: "#000000", size, on_area: false });
  // A unit of x has 20 pixels, one of y 100; a word of size 20 is 20 pixels wide.
  for (const [words, sizes] of /** @type {[ReturnType<typeof word>[], number[]][]} */ ([
    [
      [word(0, 0.5), word(4, 0.5)],
      [20, 20],
    ],
    [
      [word(0, 0.5), word(0, 0.9)],
      [20, 20],
    ],
    [
      [word(0, 0.5), word(0.575, 0.5)],
      [10, 10],
    ], // 11.5 pixels of 20 + 3
    [
      [word(0, 0.5), word(0, 0.58)],
      [10, 10],
    ], // 8 pixels of 16
    [
      [word(0, 0.5), word(5, 0.5, 40), word(0, 0.58)],
      [10, 20, 10],
    ],
  ])) {
    const line = curve([1], [1]);
    const fitted = fittedWords(g, plot([line, ...words]));
    assert.equal(fitted[0], line);
    assert.deepEqual(
      fitted.slice(1).map((mark) => mark.kind === "words" && Math.round(1000 * mark.size) / 1000),
      sizes,
    );
  }
});

test("beside the axes there is room for the longest number, for a label, and for half of the last number", () => {
  const { context } = sheet(100);
  const g = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (context));
  const margins = (/** @type {[number, string][]} */ across, /** @type {string[]} */ up, label = "") => {
    const x = axis(0, 100, { ticks: across.map(([at, text]) => ({ at, text })) });
    const y = axis(0, 9, { ticks: up.map((text, at) => ({ at, text })), label });
    const { left, right } = marginsOf(g, bare([], { x, y }));
    return [left, right];
  };
  // A letter has 6.5 pixels.
  assert.deepEqual(margins([], []), [10, 16]);
  assert.deepEqual(margins([], [], "loss"), [34, 16]);
  assert.deepEqual(margins([], ["0", "0.25"]), [42, 16]);
  assert.deepEqual(margins([], ["1,000", "1", "10"], "loss"), [68.5, 16]);
  assert.deepEqual(
    [0, 95, 96, 100].map((at) => margins([[at, "1,000,000"]], [])[1]),
    [16, 16, 31.25, 31.25],
  );
});
