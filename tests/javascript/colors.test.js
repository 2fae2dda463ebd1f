// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { contrast, inTheme, makeTheme, rgbOf } from "../../lesson_lib/chart/colors.js";

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

test("on a light ground lines have the colours that the saved picture has", () => {
  for (const color of COLORS) assert.equal(LIGHT.line(color), color);
});

test("on a dark ground black becomes ink and white the ground, and blue stays blue", () => {
  assert.equal(DARK.line("#000000"), DARK.ink);
  assert.equal(DARK.line("#FFFFFF"), DARK.ground);
  const [red, green, blue] = rgbOf(DARK.line("#0072B2"));
  assert.ok(red < green && green < blue);
});

test("what a colour lets through is taken from the ground", () => {
  assert.deepEqual(rgbOf("rgba(0, 0, 0, 0.5)", [255, 255, 255]), [127.5, 127.5, 127.5]);
  assert.deepEqual(rgbOf("#0072B2"), [0, 114, 178]);
  assert.deepEqual(rgbOf("color(srgb 0 0.4 1)"), [0, 102, 255]);
  assert.deepEqual(rgbOf("color(srgb 0 0 0 / 0.5)", [255, 255, 255]), [127.5, 127.5, 127.5]);
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

test("words on an area keep their colour, as the area does", () => {
  const words = { kind: /** @type {const} */ ("words"), x: 0, y: 0, text: "a", color: "#000000", size: 13 };
  assert.deepEqual(inTheme({ ...words, on_area: true }, DARK), { ...words, on_area: true });
  assert.deepEqual(inTheme({ ...words, on_area: false }, DARK), { ...words, on_area: false, color: DARK.ink });
});
