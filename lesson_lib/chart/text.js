// @ts-check
// Text on a canvas. "g_B" and "10^{−5}" have parts that are set low or high.
/** @typedef {"" | "_" | "^"} Level */

export const TYPE = 13;
const SMALL = 0.72;
const SHIFT = { "": 0, _: 0.28, "^": -0.3 };
const SHARE_BEFORE = { left: 0, center: 0.5, right: 1 };

const font = (/** @type {number} */ size, weight = "") =>
  `${weight} ${size}px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;

/**
 * A text in parts, each with its level; what comes after a backslash stands for itself.
 * @param {string} text
 */
export function textParts(text) {
  /** @type {[string, Level][]} */
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(/\\([\\_^])|([_^])(?:\{([^}]*)\}|(.))/gu)) {
    const [, itself, level, several, one] = match;
    if (match.index > at) parts.push([text.slice(at, match.index), ""]);
    parts.push(itself === undefined ? [several ?? one, /** @type {Level} */ (level)] : [itself, ""]);
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push([text.slice(at), ""]);
  return parts;
}

/**
 * A text as it is read out.
 * @param {string} text
 */
export const plain = (text) =>
  textParts(text)
    .map(([part]) => part)
    .join("");

/** @typedef {{ part: string, face: string, shift: number, width: number }} SetPart */

/** @type {Map<string, SetPart[]>} */
const textsSet = new Map();
const MOST_SET = 1000;

/**
 * The parts of a text as they are set. Most texts of a picture were in the one before: they are measured once.
 * @param {CanvasRenderingContext2D} g
 * @param {string} text
 * @param {number} size
 * @param {string} weight
 */
function setParts(g, text, size, weight) {
  const key = [weight, size, text].join();
  let parts = textsSet.get(key);
  if (!parts) {
    parts = textParts(text).map(([part, level]) => {
      g.font = font(level ? SMALL * size : size, weight);
      return { part, face: g.font, shift: SHIFT[level] * size, width: g.measureText(part).width };
    });
    if (textsSet.size === MOST_SET) textsSet.clear();
    textsSet.set(key, parts);
  }
  return parts;
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {string} text
 */
export function textWidth(g, text, size = TYPE, weight = "") {
  return setParts(g, text, size, weight).reduce((sum, { width }) => sum + width, 0);
}

/**
 * The size at which a text fits into a room: its own, or a smaller one.
 * @param {CanvasRenderingContext2D} g
 * @param {string} text
 * @param {number} room
 * @param {{ size?: number, weight?: string }} style
 */
export function fittingSize(g, text, room, { size = TYPE, weight = "" } = {}) {
  return size * Math.min(1, Math.max(0, room) / textWidth(g, text, size, weight) || 1);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {string} text
 * @param {number} x
 * @param {number} y its middle
 * @param {object} style
 * @param {string} style.color
 * @param {number} [style.size]
 * @param {string} [style.weight]
 * @param {keyof typeof SHARE_BEFORE} [style.align]
 * @param {string} [style.halo] the colour of a rim that sets it off from what it lies on
 */
export function drawText(g, text, x, y, { color, size = TYPE, weight = "", align = "left", halo = "" }) {
  let left = x - SHARE_BEFORE[align] * textWidth(g, text, size, weight);
  g.fillStyle = color;
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const { part, face, shift, width } of setParts(g, text, size, weight)) {
    g.font = face;
    if (halo) {
      [g.strokeStyle, g.lineWidth, g.lineJoin] = [halo, 3, "round"];
      g.strokeText(part, left, y + shift);
    }
    g.fillText(part, left, y + shift);
    left += width;
  }
}
