// @ts-check
// The colours of a picture on the ground that the page's theme gives it.
/** @import { Mark, Theme } from "./types.d.ts" */

/** @typedef {[red: number, green: number, blue: number]} Rgb */

/** What text, and a line on a dark ground, must have beside the ground (WCAG 2.2, 1.4.3). */
const LEAST_CONTRAST = 4.5;
const [WHITE, BLACK] = [/** @type {Rgb} */ ([255, 255, 255]), /** @type {Rgb} */ ([0, 0, 0])];

/**
 * From one colour, at 0, to another, at 1.
 * @param {Rgb} from
 * @param {Rgb} to
 * @param {number} share
 */
const mixed = (from, to, share) => /** @type {Rgb} */ (from.map((value, i) => value + share * (to[i] - value)));

/**
 * A colour as an element's style says it, or as "#0072B2"; what it lets through is taken from the ground.
 * @param {string} text
 * @param {Rgb} ground
 */
export function rgbOf(text, ground = WHITE) {
  if (text.startsWith("#")) return /** @type {Rgb} */ ([1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)));
  const [red, green, blue, opacity = 1] = (text.match(/\d[\d.]*/g) ?? []).map(Number);
  // What a page has mixed it names in shares: "color(srgb 0.1 0.2 0.3)".
  const full = text.startsWith("color(srgb ") ? 255 : 1;
  return mixed(ground, [full * red, full * green, full * blue], opacity);
}

/** @param {Rgb} rgb */
const cssOf = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;

/** @param {Rgb} rgb */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {Rgb} one
 * @param {Rgb} other
 */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/**
 * The colour, or as little lighter (on a light ground: darker) as it takes to be seen well.
 * @param {Rgb} color
 * @param {Rgb} ground
 */
export function seenOn(color, ground) {
  const end = luminance(ground) > 0.5 ? BLACK : WHITE;
  let share = 0;
  while (share < 1 && contrast(mixed(color, end, share), ground) < LEAST_CONTRAST) share += 0.02;
  return mixed(color, end, share);
}

/**
 * The theme of ground, ink and grid as the page's style names them.
 * @param {string} groundText
 * @param {string} inkText
 * @param {string} gridText
 * @returns {Theme}
 */
export function makeTheme(groundText, inkText, gridText) {
  const ground = rgbOf(groundText);
  const ink = seenOn(rgbOf(inkText, ground), ground);
  const isDark = luminance(ground) < 0.5;
  /** @param {string} text */
  const line = (text) => {
    const color = rgbOf(text);
    if (!isDark) return text;
    // Greys keep their distance from ink and from ground: black becomes ink.
    const isGrey = new Set(color).size === 1;
    return cssOf(isGrey ? mixed(ink, ground, color[0] / 255) : seenOn(color, ground));
  };
  const words = (/** @type {string} */ text) => cssOf(seenOn(rgbOf(line(text)), ground));
  return { isDark, ground: cssOf(ground), ink: cssOf(ink), grid: cssOf(rgbOf(gridText, ground)), line, words };
}

/** The last one made: a page has one at a time, and goes through many while it changes from one to another. */
let [madeOf, made] = ["", makeTheme("#ffffff", "#000000", "#e0e0e0")];

/**
 * The theme that a canvas has as an element of the page.
 * @param {HTMLCanvasElement} canvas
 */
export function themeOf(canvas) {
  const { backgroundColor, color, borderTopColor } = getComputedStyle(canvas);
  const key = [backgroundColor, color, borderTopColor].join();
  if (key !== madeOf) [madeOf, made] = [key, makeTheme(backgroundColor, color, borderTopColor)];
  return made;
}

/**
 * Call `draw` when the page has another theme.
 * @param {HTMLCanvasElement} canvas its colours go over into those of the new theme, which its style makes an event
 * @param {() => void} draw
 * @returns {() => void} what ends that
 */
export function whenThemeChanges(canvas, draw) {
  canvas.addEventListener("transitionend", draw);
  // JupyterLab may hide and show the whole page meanwhile: then nothing goes over, but the theme's name is a new one.
  const named = new MutationObserver(() => requestAnimationFrame(draw));
  named.observe(document.body, { attributeFilter: ["data-jp-theme-name"] });
  return () => {
    canvas.removeEventListener("transitionend", draw);
    named.disconnect();
  };
}

/**
 * What lets a dark ground through is as faint as on a light one only if it lets less through.
 * @param {number} opacity
 */
const onDark = (opacity) => Math.sqrt(opacity);

/**
 * A mark in the theme's colours. Cells without others keep theirs, and so do words that stand on them.
 * @param {Mark} mark
 * @param {Theme} theme
 * @returns {Mark}
 */
export function inTheme(mark, theme) {
  if (mark.kind === "curve") {
    const opacity = theme.isDark ? onDark(mark.opacity) : mark.opacity;
    return { ...mark, color: theme.line(mark.color), opacity };
  }
  if (mark.kind === "band") return { ...mark, color: theme.line(mark.color) };
  if (mark.kind === "words" && !mark.on_area) return { ...mark, color: theme.words(mark.color) };
  if (mark.kind === "cells" && mark.dark && theme.isDark) return { ...mark, colors: mark.dark };
  return mark;
}
