// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { contrast, inTheme, makeTheme, rgbOf, themeOf } from "../../lesson_lib/chart/colors.js";
import { near } from "./made.js";

const DARK = makeTheme("rgb(17, 17, 17)", "rgba(255, 255, 255, 0.87)", "rgb(66, 66, 66)");
const LIGHT = makeTheme("rgb(255, 255, 255)", "rgba(0, 0, 0, 0.87)", "rgb(224, 224, 224)");
const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#767676"];
const ground = (/** @type {typeof DARK} */ theme) => rgbOf(theme.ground);

test("text can be read on both grounds, and lines be seen on the dark one", () => {
  for (const theme of [DARK, LIGHT]) {
    assert.ok(contrast(rgbOf(theme.ink), ground(theme)) >= 4.5);
    for (const color of COLORS) assert.ok(contrast(rgbOf(theme.words(color)), ground(theme)) >= 4.49, color);
  }
  for (const color of COLORS.slice(0, -1)) assert.ok(contrast(rgbOf(DARK.line(color)), ground(DARK)) >= 4.49, color);
});

test("ink that is too faint on its ground becomes as dark as it takes, and none darker", () => {
  for (const [given, least] of /** @type {const} */ ([
    ["rgb(200, 200, 200)", 4.5],
    ["rgb(90, 90, 90)", 6.8],
  ])) {
    const theme = makeTheme("rgb(255, 255, 255)", given, "rgb(224, 224, 224)");
    const found = contrast(rgbOf(theme.ink), ground(theme));
    assert.ok(least <= found && found < least + 0.4, `${found}`);
  }
});

test("contrasts are those of the guidelines: green is the lightest of the three, and blue the darkest", () => {
  for (const [color, meant] of /** @type {const} */ ([
    ["#ff0000", 3.998],
    ["#00ff00", 1.372],
    ["#0000ff", 8.592],
    ["#767676", 4.542],
    ["#000000", 21],
  ])) {
    near(Math.round(1000 * contrast(rgbOf(color), [255, 255, 255])) / 1000, meant);
  }
});

test("a canvas has the theme of its three colours, also where only one of them is a new one", () => {
  const styled = { backgroundColor: "rgb(255, 255, 255)", color: "rgb(0, 0, 0)", borderTopColor: "rgb(1, 2, 3)" };
  Object.assign(globalThis, { getComputedStyle: (/** @type {object} */ canvas) => canvas });
  for (const [name, color] of [
    ["color", "rgb(0, 0, 0)"],
    ["borderTopColor", "rgb(200, 200, 200)"],
    ["color", "rgb(40, 40, 40)"],
    ["backgroundColor", "rgb(250, 250, 250)"],
  ]) {
    Object.assign(styled, { [name]: color });
    const { backgroundColor, color: ink, borderTopColor } = styled;
    const [found, meant] = [themeOf(/** @type {any} */ (styled)), makeTheme(backgroundColor, ink, borderTopColor)];
    assert.deepEqual([found.ground, found.ink, found.grid], [meant.ground, meant.ink, meant.grid]);
  }
});

test("on a light ground lines have the colours that the saved picture has", () => {
  for (const color of COLORS) assert.equal(LIGHT.line(color), color);
});

test("on a dark ground black becomes ink and white the ground, and blue stays blue", () => {
  assert.equal(DARK.line("#000000"), DARK.ink);
  assert.equal(DARK.line("#FFFFFF"), DARK.ground);
  const [red, green, blue] = rgbOf(DARK.line("#0072B2"));
  assert.ok(red < green && green < blue);
});

test("the legend of the coverage map has the colours that its cells have on a dark ground", () => {
  for (const [color, cell] of [
    ["#e4e4e4", "#272727"],
    ["#000000", "#e0e0e0"],
  ]) {
    const legend = rgbOf(DARK.line(color));
    assert.ok(rgbOf(cell).every((value, channel) => Math.abs(value - legend[channel]) <= 2));
  }
});

test("what a colour lets through is taken from the ground", () => {
  assert.deepEqual(rgbOf("rgba(10, 20, 30, 0.25)", [100, 200, 0]), [77.5, 155, 7.5]);
  assert.deepEqual(rgbOf("#0072B2"), [0, 114, 178]);
  assert.deepEqual(rgbOf("color(srgb 0 0.4 1)"), [0, 102, 255]);
  assert.deepEqual(rgbOf("color(srgb 0 0.4 1 / 0.25)", [100, 200, 0]), [75, 175.5, 63.75]);
});

test("a map has colours of its own in a dark theme, and other cells keep theirs", () => {
  const [colors, dark] = ["paper", "night"].map(
    (name) => /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (name)),
  );
  const rest = {
    kind: /** @type {const} */ ("cells"),
    left: 0,
    right: 1,
    bottom: 0,
    top: 1,
    values: null,
    name: "",
    tiles: [],
  };
  const [map, image] = [dark, null].map((other) => ({ ...rest, smooth: false, colors, dark: other }));
  assert.deepEqual(inTheme(map, DARK), { ...map, colors: dark });
  assert.deepEqual(inTheme(map, LIGHT), map);
  assert.deepEqual(inTheme(image, DARK), image);
});

test("areas and lines of one colour look alike on a dark ground, and what is faint is seen there, too", () => {
  const [x, rest] = [new Float32Array(2), { name: "", width: 2, marker_size: 5, arrow: false, named_at_end: true }];
  const kinds = { dash: /** @type {const} */ ("solid"), marker: /** @type {const} */ ("none") };
  for (const color of [...COLORS, "#e6e6e6"]) {
    const line = { kind: /** @type {const} */ ("curve"), x, y: x, color, opacity: 0.36, ...rest, ...kinds };
    const area = { kind: /** @type {const} */ ("band"), x, low: x, high: x, color, opacity: 0.36 };
    assert.deepEqual(inTheme(line, DARK), { ...line, color: DARK.line(color), opacity: 0.6 });
    assert.deepEqual(inTheme(area, DARK), { ...area, color: DARK.line(color) });
    for (const mark of [line, area]) assert.deepEqual(inTheme(mark, LIGHT), mark);
  }
});

test("words on cells keep their colour, as the cells do", () => {
  const words = { kind: /** @type {const} */ ("words"), x: 0, y: 0, text: "a", color: "#000000", size: 13 };
  assert.deepEqual(inTheme({ ...words, on_area: true }, DARK), { ...words, on_area: true });
  assert.deepEqual(inTheme({ ...words, on_area: false }, DARK), { ...words, on_area: false, color: DARK.ink });
});
