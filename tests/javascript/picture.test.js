// @ts-check
// Whole pictures, line by line as a person would draw them: what stands where, in which colour, in which order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawPicture, unpack, unpackMarks } from "../../lesson_lib/chart/picture.js";
import { axis, curve } from "./made.js";
import { bare, cells, DARK, image, sheet } from "./sheet.js";

const [BLUE, VERMILION, GREEN] = ["#0072B2", "#D55E00", "#009E73"];

/** Ticks at whole numbers. */
const ticks = (/** @type {number[]} */ ...places) => places.map((at) => ({ at, text: String(at) }));

const LEGEND = { named_at_end: false };
const IN_THE_LEGEND = [
  curve([0, 2, 4], [2, 1, 0], { ...LEGEND, color: BLUE, name: "GD", dash: "dashed" }),
  curve([0, 4], [1, 1], { ...LEGEND, color: VERMILION, name: "SGD", width: 1, dash: "dotted", marker: "square" }),
  curve([2], [0.5], {
    ...{ ...LEGEND, color: GREEN, name: "one batch in each of fifteen", width: 0, marker: "dot" },
    ...{ opacity: 0.2, marker_size: 4 },
  }),
];

test("title, legend, grid, numbers, axes and labels stand around the curves, and these lie over the grid", () => {
  const chart = bare(IN_THE_LEGEND, {
    title: "Loss",
    x: axis(0, 4, { label: "epochs", ticks: ticks(0, 2, 4), grid: false }),
    y: axis(0, 2, { label: "loss", ticks: ticks(0, 1, 2) }),
  });
  const { canvas, lines, context } = sheet(382);
  const [plot] = drawPicture(canvas, { rows: [[chart]], heights: [316] });
  assert.deepEqual([plot.left, plot.top, plot.width, plot.height], [66, 72, 300, 200]);
  assert.deepEqual([canvas.width, canvas.height, canvas.style.height], [382, 316, "316px"]);
  assert.equal(context.saved.length, 0);
  assert.deepEqual(lines, [
    "fill ground box 0 0 382 316",
    "text ink 16 bold, 66,17, Loss",
    `line ${BLUE} 2 dash 9 5 round, from 66,40 to 80,40 to 94,40`,
    "text ink 12.5, 100,40, GD",
    `line ${VERMILION} 1 dash 2 4 round, from 128.5,40 to 142.5,40 to 156.5,40`,
    `fill ${VERMILION} box 139.5 37 6 6`,
    "text ink 12.5, 162.5,40, SGD",
    `fill ${GREEN} 0.6 circle 73,60 3`,
    "text ink 12.5, 86,60, one batch in each of fifteen",
    "text ink 13, 63.25,286, 0",
    "text ink 13, 213.25,286, 2",
    "text ink 13, 363.25,286, 4",
    "line grid 1, from 66,272.5 to 366,272.5",
    "text ink 13, 51.5,272.5, 0",
    "line grid 1, from 66,172.5 to 366,172.5",
    "text ink 13, 51.5,172.5, 1",
    "line grid 1, from 66,72.5 to 366,72.5",
    "text ink 13, 51.5,72.5, 2",
    "line ink 1, from 65.5,272.5 to 366,272.5",
    "line ink 1, from 65.5,72 to 65.5,272.5",
    "text ink 13, 196.5,306, epochs",
    "text ink 13, turned -0.5 14,185, loss",
    "clip box 61 67 310 210",
    `line ${BLUE} 2 dash 9 5 round, from 66,72 to 216,172 to 366,272`,
    `line ${VERMILION} 1 dash 2 4 round, from 66,172 to 366,172`,
    `fill ${VERMILION} box 63.5 169.5 5 5`,
    `fill ${VERMILION} box 363.5 169.5 5 5`,
    `fill ${GREEN} 0.2 circle 216,222 2`,
  ]);
});

test("marks of each kind lie in their order within the axes, then the start, and names at ends go beyond", () => {
  const [x, opaque] = [Float32Array.of(0, 1, 2, 3, 4), { opacity: 0.3, color: VERMILION }];
  const band = { low: Float32Array.of(0, 0.5, NaN, 0.5, 1), high: Float32Array.of(1, 1, 1, 1.5, 2) };
  const words = { kind: /** @type {const} */ ("words"), x: 1, y: 1.5, color: "#003366", size: 20, on_area: false };
  const chart = bare(
    [
      cells({ left: 1, right: 3, bottom: 0.5, top: 1.5 }),
      { kind: "band", x, ...band, ...opaque },
      { ...words, text: "θ_k" },
      curve([0, 1, 2, 3, 4], [0, NaN, 1, 1.5, 0.5], { color: BLUE, opacity: 0.5 }),
      curve([1], [1], { name: "", color: GREEN, width: 0, marker: "cross", marker_size: 10 }),
      curve([2, 0, 4], [2, 1, 1], { name: "", color: VERMILION, width: 4, arrow: true }),
    ],
    { start: [3, 1.5], x: axis(0, 4, { label: "epochs" }) },
  );
  const { canvas, lines } = sheet(242);
  drawPicture(canvas, { rows: [[chart]], heights: [140] });
  assert.deepEqual(lines.slice(1, -2), [
    "line ink 1, from 9.5,112.5 to 210,112.5",
    "text ink 13, 90.5,126, epochs",
    "clip box 5 7 210 110",
    "image colours, 60 37 100 50",
    `fill ${VERMILION} 0.3 from 10,62 to 10,62 to 60,62 to 60,87 to 10,112 closed ` +
      "from 160,37 to 160,37 to 210,12 to 210,62 to 160,87 closed",
    "text rgb(0 51 102) 20, 51.4,37, θ",
    "text rgb(0 51 102) 14.4, 61.4,42.6, k",
    `line ${BLUE} 0.5 2 round, from 10,112 from 110,62 to 160,37 to 210,87`,
    `line ${GREEN} 2, from 55,67 to 65,57 from 55,57 to 65,67`,
    `line ${VERMILION} 4 round, from 110,12 to 10,62 to 210,62`,
    `fill ${VERMILION} from 210,62 to 195.39,68.52 to 195.39,55.48`,
    "line ground 5, circle 160,37 9",
    "line ink 2.5, circle 160,37 9",
  ]);
  assert.deepEqual(lines.slice(-2), ["rim ground 3, 217,87, GD", "text rgb(0 114 178) 12.5, 217,87, GD"]);
});

test("on a dark ground all is in the colours of that", () => {
  const line = curve([0, 4], [1, 1], { color: "#000000", opacity: 0.25 });
  const [dark, words] = [image("night", 2, 2), { y: 1, text: "a", color: "#000000", size: 10 }];
  const chart = bare(
    [
      cells({ colors: image("paper", 2, 2), dark }),
      { kind: "band", x: line.x, low: line.y, high: line.y, color: "#000000", opacity: 0.5 },
      line,
      { kind: "words", x: 1, on_area: true, ...words },
      { kind: "words", x: 3, on_area: false, ...words },
    ],
    {
      title: "Loss",
      start: [4, 1],
      x: axis(0, 4, { label: "epochs", ticks: ticks(2) }),
      y: axis(0, 2, { label: "", ticks: ticks(1), grid: false }),
    },
  );
  const { canvas, lines } = sheet(274, { theme: DARK });
  drawPicture(canvas, { rows: [[chart]], heights: [176] });
  assert.deepEqual(lines, [
    "fill ground box 0 0 274 176",
    "text ink 16 bold, 42,17, Loss",
    "line grid 1, from 142.5,32 to 142.5,132",
    "text ink 13, 139.25,146, 2",
    "text ink 13, 27.5,82.5, 1",
    "line ink 1, from 41.5,132.5 to 242,132.5",
    "line ink 1, from 41.5,32 to 41.5,132.5",
    "text ink 13, 122.5,166, epochs",
    "clip box 37 27 210 110",
    "image night, 42 32 200 100",
    "fill ink 0.5 from 42,82 to 42,82 to 242,82 to 242,82 to 42,82 closed",
    "line ink 0.5 2 round, from 42,82 to 242,82",
    "text #000000 10, 89.5,82, a",
    "text ink 10, 189.5,82, a",
    "line ground 5, circle 242,82 9",
    "line ink 2.5, circle 242,82 9",
    "rim ground 3, 249,82, GD",
    "text ink 12.5, 249,82, GD",
  ]);
});

test("charts share a row by their widths, each row has its height, and all of it fills what it is to fill", () => {
  const rows = [[bare([], { title: "a", width: 3 }), bare([], { title: "b" })], [bare([], { title: "c" })]];
  const { canvas } = sheet(1000);
  const drawn = (/** @type {{ height?: number, zoom?: number }} */ how) => {
    const plots = drawPicture(canvas, { rows, heights: [300, 100] }, how);
    assert.equal(canvas.style.height, `${canvas.height}px`);
    return [canvas.width, canvas.height, ...plots.map(({ left, top, width, height }) => [left, top, width, height])];
  };
  const own = [1000, 400, [10, 32, 724, 260], [760, 32, 224, 260], [10, 332, 974, 60]];
  assert.deepEqual(drawn({}), own);
  assert.deepEqual(drawn({ height: 800 }), [1000, 800, [10, 32, 724, 560], [760, 32, 224, 560], [10, 632, 974, 160]]);
  // Magnified the page has half as much room: one chart in a line.
  const magnified = [1000, 1400, [10, 32, 474, 260], [10, 332, 474, 260], [10, 632, 474, 60]];
  assert.deepEqual(drawn({ zoom: 2 }), magnified);
});

test("the words of each chart stand in its own room, and a map ends at its rim", () => {
  const [one, other] = ["GD", "SGD"].map((name) => curve([0, 4], [1, 1], { ...LEGEND, name, color: BLUE }));
  const labelled = { title: "b", y: axis(0, 2, { label: "loss", ticks: ticks(1) }) };
  const rows = [[bare([], { title: "a", width: 3 }), bare([one], labelled)], [bare([other])]];
  const { canvas, lines } = sheet(1000);
  drawPicture(canvas, { rows, heights: [300, 100] });
  assert.deepEqual(
    lines.filter((line) => line.startsWith("text")),
    [
      "text ink 16 bold, 10,17, a",
      "text ink 16 bold, 816,17, b",
      "text ink 12.5, 850,40, GD",
      "text ink 13, 801.5,172.5, 1",
      "text ink 13, turned -0.5 764,185, loss",
      "text ink 12.5, 44,318, SGD",
    ],
  );
  const map = sheet(226);
  drawPicture(map.canvas, { rows: [[bare([cells()], { equal: true })]], heights: [120] });
  assert.deepEqual(map.lines.slice(1), ["clip box 10 12 200 100", "image colours, 10 12 200 100"]);
});

test("a screen with fine pixels has as many more of them, and all is drawn as much larger", () => {
  const { canvas, context } = sheet(300, { dense: 2 });
  drawPicture(canvas, { rows: [[bare([])]], heights: [100] }, { zoom: 1.5 });
  assert.deepEqual([canvas.width, canvas.height, canvas.style.height], [600, 300, "150px"]);
  assert.equal(context.now.scale, 3);
});

test("titles, labels and names that are too long for their room are set smaller, and numbers are left out", () => {
  const long = "a".repeat(50);
  const chart = bare([curve([0, 4], [1, 1], { name: long, color: BLUE, named_at_end: false })], {
    title: long,
    x: axis(0, 4, { label: long, ticks: ticks(0, 1, 2, 3, 4).map(({ at }) => ({ at, text: `${at},000,000` })) }),
    y: axis(0, 2, { label: long, ticks: Array.from({ length: 21 }, (_, n) => ({ at: n / 10, text: `${n}` })) }),
  });
  const { canvas, lines } = sheet(212);
  const [{ left, width, height }] = drawPicture(canvas, { rows: [[chart]], heights: [196] });
  assert.deepEqual([left, width, height], [66, 114.75, 100]);
  const texts = lines.flatMap(
    (line) =>
      line
        .match(/^text ink ([\d.]+).*, (.+)$/)
        ?.slice(1, 3)
        .join(" ") ?? [],
  );
  assert.deepEqual(texts, [
    `5.68 ${long}`, // 142 = 212 − 66 − 4
    `4.32 ${long}`, // 108 beside its line
    "13 0,000,000",
    "13 3,000,000",
    ...[0, 3, 6, 9, 12, 15, 18].map((n) => `13 ${n}`), // 15 pixels apart
    `5.23 ${long}`, // 130.75
    `4.96 ${long}`, // 124
  ]);
});

/** What pointing at a place of the first of these charts draws over all of them. */
function drawnAt(/** @type {{ x: number, y?: number }} */ place, width = 600, /** @type {any[]} */ ...charts) {
  const { canvas, lines } = sheet(width);
  const picture = { rows: [charts], heights: [240] };
  drawPicture(canvas, picture);
  const without = lines.splice(0).length;
  drawPicture(canvas, picture, { pointed: { plot: 0, ...place } });
  return lines.slice(without);
}

test("the card beside the pointer has a line for each curve with a sample of it, its name and its value", () => {
  const names = { named_at_end: false, opacity: 0.2 };
  const chart = bare(
    [
      curve([0, 2, 4], [2, 1, 0], { ...names, color: BLUE, name: "GD", dash: "dashed" }),
      curve([0, 2, 4], [1, 0.5, 1], { ...names, color: VERMILION, name: "SGD", marker: "square", marker_size: 20 }),
      curve([2], [1.5], { ...names, color: GREEN, name: "one", width: 0, marker: "dot" }),
      curve([2], [1.5], { color: GREEN, name: "" }),
    ],
    { x: axis(0, 4, { label: "epochs" }) },
  );
  // Axes from 10 to 584 and from 32 to 212.
  assert.deepEqual(drawnAt({ x: 2.2, y: 1 }, 600, chart), [
    "line ink 1, from 297,32 to 297,212",
    `fill ${BLUE} circle 297,122 4.5`,
    `fill ${VERMILION} circle 297,167 4.5`,
    `fill ${GREEN} circle 297,77 4.5`,
    "fill ground 0.94 box 311 78.5 99 87", // 28 + 3 letters + 14 + 3 letters, and 9 at each side
    "line ink 1, box 311.5 79.5 99 87",
    "text ink 13 600, 320,93.5, epochs 2",
    `line ${BLUE} 2 dash 9 5 round, from 320,112.5 to 330,112.5 to 340,112.5`,
    "text ink 13, 348,112.5, GD",
    "text ink 13, 394.5,112.5, 1",
    `line ${VERMILION} 2 round, from 320,131.5 to 330,131.5 to 340,131.5`,
    `fill ${VERMILION} box 325.5 127 9 9`,
    "text ink 13, 348,131.5, SGD",
    "text ink 13, 381.5,131.5, 0.5",
    `fill ${GREEN} circle 330,150.5 2.5`,
    "text ink 13, 348,150.5, one",
    "text ink 13, 381.5,150.5, 1.5",
  ]);
  // By keyboard it is at the top, and where there is no room at the right it is at the left.
  const [, , , , paper, , head] = drawnAt({ x: 4 }, 600, chart);
  assert.deepEqual([paper, head], ["fill ground 0.94 box 471 36 99 87", "text ink 13 600, 480,51, epochs 4"]);
});

test("the line across is thin whatever was drawn before it, and where there is nothing to read there is none", () => {
  const [line, dot] = drawnAt({ x: 2 }, 600, bare([curve([0, 2, 4], [1, 1, 1], { color: BLUE })]));
  assert.deepEqual([line, dot], ["line ink 1 round, from 289,12 to 289,232", `fill ${BLUE} circle 289,122 4.5`]);
  assert.deepEqual(drawnAt({ x: 2 }, 600, bare([])), []);
});

test("on a map the card has no samples, and a ring is where the value is", () => {
  const [x, y] = [axis(0, 4, { label: "w" }), axis(0, 2, { label: "b" })];
  const map = cells({ colors: image("map", 2, 1), values: Float32Array.of(3, 7), name: "loss" });
  // Axes from 34 to 434 and from 12 to 212.
  assert.deepEqual(drawnAt({ x: 3, y: 0.5 }, 450, bare([map], { x, y })), [
    "line ground 4, circle 334,162 5",
    "line ink 1.5, circle 334,162 5",
    "fill ground 0.94 box 348 137.5 83 49", // 10 letters, and 9 at each side
    "line ink 1, box 348.5 138.5 83 49",
    "text ink 13 600, 357,152.5, w 3, b 0.5",
    "text ink 13, 357,171.5, loss",
    "text ink 13, 415.5,171.5, 7",
  ]);
});

test("an image that is pointed at is framed in each chart that has as many, and shown large beside these", () => {
  const [four, nine] = [4, 9].map((many) => Array.from({ length: many }, (_, tile) => `image ${tile}`));
  const charts = [
    bare([cells({ colors: image("now", 8, 4), tiles: four })], { title: "image 2" }),
    bare([cells({ colors: image("learned", 20, 20), tiles: four })], { title: "Learned" }),
    bare([cells({ colors: image("others", 9, 9), tiles: nine })], { title: "Others" }),
  ];
  // Each chart has 300 pixels: its axes are 274 wide, from 10, and 200 high, from 32.
  assert.deepEqual(drawnAt({ x: 1, y: 0.5 }, 900, ...charts), [
    "line ground 6, box 10 132 137 100",
    "line ink 3, box 10 132 137 100",
    "line ground 6, box 310 132 137 100",
    "line ink 3, box 310 132 137 100",
    "fill ground 0.94 box 598 80 227 148",
    "line ink 1, box 598.5 80.5 227 148",
    "text ink 13 600, 607,95, image 2",
    "image now, 0 2 4 2 607 108 100 100",
    "text ink 13, 634.25,218, image 2",
    "image learned, 0 10 10 10 716 108 100 100",
    "text ink 13, 743.25,218, Learned",
  ]);
});

/** Bytes as they lie in a message: they may begin at any place of it. */
function bytes(/** @type {number[]} */ ...values) {
  return new DataView(Uint8Array.of(99, 99, 99, ...values, 99).buffer, 3, values.length);
}

test("a picture's numbers and images are those of its bytes, and what stands still is what came before", () => {
  Object.assign(globalThis, {
    ImageData: class {
      constructor(/** @type {number} */ width, /** @type {number} */ height) {
        Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
      }
    },
    document: {
      createElement: () => ({
        getContext() {
          return { putImageData: (/** @type {unknown[]} */ ...put) => Object.assign(this, { put }) };
        },
      }),
    },
  });
  const packed = {
    ...{
      kind: /** @type {const} */ ("cells"),
      shape: [1, 2, 3],
      name: "loss",
      values: bytes(0, 0, 0, 64, 0, 0, 128, 191),
    },
    ...{ colors: bytes(1, 2, 3, 4, 5, 6), dark: bytes(7, 8, 9, 10, 11, 12) },
  };
  const line = { kind: /** @type {const} */ ("curve"), x: bytes(0, 0, 64, 64), color: BLUE };
  const standing = unpackMarks({ a: line });
  const chart = { ...bare([]), marks: [packed, { kind: /** @type {const} */ ("standing"), key: "a" }] };
  const { rows, heights } = unpack({ rows: [[chart]], heights: [200] }, standing);
  const [cells, again] = /** @type {any} */ (rows[0][0].marks);
  assert.deepEqual([heights, rows[0][0].x, cells.name, [...cells.values]], [[200], chart.x, "loss", [2, -1]]);
  for (const [image, data] of [
    [cells.colors, [1, 2, 3, 255, 4, 5, 6, 255]],
    [cells.dark, [7, 8, 9, 255, 10, 11, 12, 255]],
  ]) {
    const { width, height, put } = image;
    assert.deepEqual([width, height, put[0].width, put[0].height, ...put.slice(1)], [2, 1, 2, 1, 0, 0]);
    assert.deepEqual([...put[0].data], data);
  }
  assert.deepEqual([[...again.x], again.color], [[3], BLUE]);
  assert.equal(again, standing.a);
});
