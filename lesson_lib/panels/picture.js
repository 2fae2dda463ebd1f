// Draws a picture (lesson_lib/picture.py says what it holds) on a canvas, and reads values off it.

const TYPE = 13;
const SMALL = 0.72;
const GRID = "#e3e3e3";
const INK = "#222";
const DASHES = { solid: [], dashed: [9, 5], dotted: [2, 4] };

const font = (size, weight = "") => `${weight} ${size}px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;

// "g_B" and "10^{−5}": what is set low or high, in parts.
function textParts(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(/([_^])(?:\{([^}]*)\}|(.))/gu)) {
    if (match.index > at) parts.push([text.slice(at, match.index), ""]);
    parts.push([match[2] ?? match[3], match[1]]);
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push([text.slice(at), ""]);
  return parts;
}

function textWidth(g, text, size = TYPE, weight = "") {
  return textParts(text).reduce((sum, [part, place]) => {
    g.font = font(place ? SMALL * size : size, weight);
    return sum + g.measureText(part).width;
  }, 0);
}

function drawText(g, text, x, y, { size = TYPE, weight = "", color = INK, align = "left" } = {}) {
  const width = textWidth(g, text, size, weight);
  let left = x - { left: 0, center: 0.5, right: 1 }[align] * width;
  g.fillStyle = color;
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const [part, place] of textParts(text)) {
    g.font = font(place ? SMALL * size : size, weight);
    g.fillText(part, left, y + { "": 0, _: 0.28, "^": -0.3 }[place] * size);
    left += g.measureText(part).width;
  }
  return width;
}

// Numbers arrive as bytes that need not begin at a multiple of four.
function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// The picture as it came, with its arrays as arrays.
function unpack(picture) {
  const mark = (packed) => {
    const arrays = Object.entries(packed).filter(([, value]) => value instanceof DataView);
    const asArray = packed.kind === "cells" ? cellImage : floats;
    return { ...packed, ...Object.fromEntries(arrays.map(([name, view]) => [name, asArray(view, packed)])) };
  };
  const rows = picture.rows.map((row) => row.map((chart) => ({ ...chart, marks: chart.marks.map(mark) })));
  return { ...picture, rows };
}

function cellImage(view, { shape: [rows, columns] }) {
  const image = new ImageData(columns, rows);
  for (let cell = 0; cell < rows * columns; cell += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * cell + channel] = view.getUint8(3 * cell + channel);
    }
    image.data[4 * cell + 3] = 255;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// From a value to a place between 0 and 1 along an axis, and back.
function along(axis, value) {
  if (!axis.log) return (value - axis.low) / (axis.high - axis.low);
  return Math.log(value / axis.low) / Math.log(axis.high / axis.low);
}

function valueAt(axis, share) {
  if (!axis.log) return axis.low + share * (axis.high - axis.low);
  return axis.low * (axis.high / axis.low) ** share;
}

// Draws the whole picture anew and returns its plots: where each chart's axes lie.
function drawPicture(canvas, picture, zoom, reading) {
  const dense = window.devicePixelRatio || 1;
  const width = canvas.clientWidth / zoom;
  const height = picture.heights.reduce((sum, row) => sum + row, 0);
  canvas.style.height = `${height * zoom}px`;
  const pixels = { width: Math.round(width * zoom * dense), height: Math.round(height * zoom * dense) };
  for (const [side, length] of Object.entries(pixels)) if (canvas[side] !== length) canvas[side] = length;
  const g = canvas.getContext("2d");
  g.setTransform(dense * zoom, 0, 0, dense * zoom, 0, 0);
  g.fillStyle = "#fff";
  g.fillRect(0, 0, width, height);
  const plots = [];
  let top = 0;
  picture.rows.forEach((row, number) => {
    const shares = row.reduce((sum, chart) => sum + chart.width, 0);
    let left = 0;
    for (const chart of row) {
      const room = { left, top, width: (width * chart.width) / shares, height: picture.heights[number] };
      plots.push(drawChart(g, chart, room));
      left += room.width;
    }
    top += picture.heights[number];
  });
  if (reading) drawReading(g, plots[reading.plot], reading, width);
  return plots;
}

function drawChart(g, chart, room) {
  const tickWidth = Math.max(0, ...chart.y.ticks.map((tick) => textWidth(g, tick.text)));
  // A least width, so that the axes stand still while their labels change.
  const left = (chart.y.ticks.length ? Math.max(30, tickWidth) + 12 : 10) + (chart.y.label ? 24 : 0);
  const legend = legendLines(g, chart, room.width - left);
  const margin = {
    left,
    right: 16,
    top: (chart.title ? 34 : 12) + 21 * legend.length,
    bottom: (chart.x.ticks.length ? 24 : 8) + (chart.x.label ? 22 : 0),
  };
  const plot = {
    left: room.left + margin.left,
    top: room.top + margin.top,
    width: Math.max(10, room.width - margin.left - margin.right),
    height: Math.max(10, room.height - margin.top - margin.bottom),
    chart,
    ...(chart.equal ? equalAxes(chart, room, margin) : { x: chart.x, y: chart.y }),
  };
  plot.atX = (value) => plot.left + along(plot.x, value) * plot.width;
  plot.atY = (value) => plot.top + (1 - along(plot.y, value)) * plot.height;
  drawText(g, chart.title, plot.left, room.top + 18, { size: TYPE + 3, weight: "bold" });
  drawLegend(g, legend, plot.left, room.top + (chart.title ? 42 : 18));
  drawAxes(g, plot, room);
  g.save();
  g.beginPath();
  // A marker at the end of an axis is seen whole; on a map nothing goes on beyond the rim.
  const rim = chart.equal ? 0 : 5;
  g.rect(plot.left - rim, plot.top - rim, plot.width + 2 * rim, plot.height + 2 * rim);
  g.clip();
  for (const mark of chart.marks) DRAW[mark.kind](g, plot, mark);
  g.restore();
  return plot;
}

// One unit as long on one axis as on the other: the axis with room to spare shows more.
function equalAxes({ x, y }, room, margin) {
  const width = room.width - margin.left - margin.right;
  const height = room.height - margin.top - margin.bottom;
  const unit = Math.min(width / (x.high - x.low), height / (y.high - y.low));
  const widen = (axis, length) => {
    const spare = (length / unit - (axis.high - axis.low)) / 2;
    return { ...axis, low: axis.low - spare, high: axis.high + spare };
  };
  return { x: widen(x, width), y: widen(y, height) };
}

function legendLines(g, chart, width) {
  const lines = [];
  let end = Infinity;
  for (const mark of chart.marks.filter(({ name }) => name)) {
    const needs = textWidth(g, mark.name, TYPE - 0.5) + 50;
    if (end + needs > width) {
      lines.push([]);
      end = 0;
    }
    lines.at(-1).push([mark, end]);
    end += needs;
  }
  return lines;
}

function drawLegend(g, lines, left, top) {
  lines.forEach((line, row) => {
    for (const [mark, at] of line) {
      const [x, y] = [left + at, top + 21 * row];
      const sample = { left: 0, top: 0, atX: (value) => x + value, atY: () => y };
      const ends = mark.width ? [0, 14, 28] : [NaN, 14, NaN];
      DRAW.curve(g, sample, {
        ...mark,
        x: ends,
        y: [0, 0, 0],
        opacity: Math.max(mark.opacity, 0.6),
        // One marker in the middle, not one at each end of the line.
        markers: [1],
        arrow: false,
      });
      drawText(g, mark.name, x + 34, y, { size: TYPE - 0.5 });
    }
  });
}

function drawAxes(g, plot, room) {
  const { x, y, left, top, width, height } = plot;
  const [right, bottom] = [left + width, top + height];
  g.lineWidth = 1;
  const line = (color, ...ends) => {
    g.strokeStyle = color;
    g.beginPath();
    g.moveTo(ends[0], ends[1]);
    g.lineTo(ends[2], ends[3]);
    g.stroke();
  };
  for (const tick of x.ticks) {
    const at = Math.round(plot.atX(tick.at)) + 0.5;
    if (x.grid) line(GRID, at, top, at, bottom);
    drawText(g, tick.text, at, bottom + 14, { align: "center" });
  }
  for (const tick of y.ticks) {
    const at = Math.round(plot.atY(tick.at)) + 0.5;
    if (y.grid) line(GRID, left, at, right, at);
    drawText(g, tick.text, left - 8, at, { align: "right" });
  }
  if (x.ticks.length || x.label) line(INK, left - 0.5, bottom + 0.5, right, bottom + 0.5);
  if (y.ticks.length || y.label) line(INK, left - 0.5, top, left - 0.5, bottom + 0.5);
  drawText(g, x.label, left + width / 2, bottom + (x.ticks.length ? 36 : 14), { align: "center" });
  g.save();
  g.translate(room.left + 14, top + height / 2);
  g.rotate(-Math.PI / 2);
  drawText(g, y.label, 0, 0, { align: "center" });
  g.restore();
}

const DRAW = {
  curve(g, plot, curve) {
    const { x, y, markers = x.keys() } = curve;
    g.save();
    g.globalAlpha = curve.opacity;
    g.strokeStyle = g.fillStyle = curve.color;
    g.lineJoin = "round";
    if (curve.width) {
      g.lineWidth = curve.width;
      g.setLineDash(DASHES[curve.dash]);
      g.beginPath();
      let pen = false;
      for (let i = 0; i < x.length; i += 1) {
        const [px, py] = [plot.atX(x[i]), plot.atY(y[i])];
        const there = Number.isFinite(px) && Number.isFinite(py);
        if (there) g[pen ? "lineTo" : "moveTo"](px, py);
        pen = there;
      }
      g.stroke();
      g.setLineDash([]);
    }
    if (curve.marker !== "none") {
      for (const i of markers) MARKER[curve.marker](g, plot.atX(x[i]), plot.atY(y[i]), curve.marker_size);
    }
    if (curve.arrow) arrowHead(g, plot, curve);
    g.restore();
  },

  band(g, plot, { x, low, high, color, opacity }) {
    g.save();
    g.globalAlpha = opacity;
    g.fillStyle = color;
    g.beginPath();
    // A value that is missing leaves a gap: each part without one is an area of its own.
    let part = [];
    for (let i = 0; i <= x.length; i += 1) {
      if (i < x.length && [x[i], low[i], high[i]].every(Number.isFinite)) part.push(i);
      else if (part.length) {
        g.moveTo(plot.atX(x[part[0]]), plot.atY(high[part[0]]));
        for (const j of part) g.lineTo(plot.atX(x[j]), plot.atY(high[j]));
        for (const j of part.reverse()) g.lineTo(plot.atX(x[j]), plot.atY(low[j]));
        g.closePath();
        part = [];
      }
    }
    g.fill();
    g.restore();
  },

  cells(g, plot, { colors, left, right, bottom, top }) {
    const [x, y] = [plot.atX(left), plot.atY(top)];
    g.imageSmoothingEnabled = false;
    g.drawImage(colors, x, y, plot.atX(right) - x, plot.atY(bottom) - y);
  },

  words(g, plot, { x, y, text, color, size }) {
    drawText(g, text, plot.atX(x), plot.atY(y), { align: "center", color, size });
  },
};

const MARKER = {
  dot(g, x, y, size) {
    g.beginPath();
    g.arc(x, y, size / 2, 0, 2 * Math.PI);
    g.fill();
  },
  square(g, x, y, size) {
    g.fillRect(x - size / 2, y - size / 2, size, size);
  },
  cross(g, x, y, size) {
    g.lineWidth = 2;
    g.beginPath();
    for (const side of [-1, 1]) {
      g.moveTo(x - size / 2, y - (side * size) / 2);
      g.lineTo(x + size / 2, y + (side * size) / 2);
    }
    g.stroke();
  },
};

function arrowHead(g, plot, { x, y, width }) {
  const end = [plot.atX(x.at(-1)), plot.atY(y.at(-1))];
  const [right, down] = [end[0] - plot.atX(x.at(-2)), end[1] - plot.atY(y.at(-2))];
  const angle = Math.atan2(down, right);
  const length = Math.min(6 + 2.5 * width, 0.7 * Math.hypot(right, down));
  g.beginPath();
  g.moveTo(...end);
  for (const side of [-0.42, 0.42]) {
    g.lineTo(end[0] - length * Math.cos(angle + side), end[1] - length * Math.sin(angle + side));
  }
  g.fill();
}

// What can be read off a plot: curves with a name and at least one point.
function readable(plot) {
  return plot.chart.marks.filter(({ kind, name, x }) => kind === "curve" && name && x.length);
}

function nearest(values, at) {
  let best = -1;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i]) && !(Math.abs(values[i] - at) >= Math.abs(values[best] - at))) best = i;
  }
  return best;
}

const shortNumber = (value) =>
  Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(2)
    : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });

// The values of all curves of a plot at one place of its x axis, in words.
function readOff(plot, at) {
  const values = readable(plot).flatMap((curve) => {
    const place = nearest(curve.x.map(plot.atX), plot.atX(at));
    return place < 0 || !Number.isFinite(curve.y[place]) ? [] : [{ curve, x: curve.x[place], y: curve.y[place] }];
  });
  if (!values.length) return null;
  // All stand at the point nearest to the pointer; another curve's value may lie a little beside it.
  const x = values[nearest(values.map((value) => plot.atX(value.x)), plot.atX(at))].x;
  const words = values.map(({ curve, y }) => `${curve.name} ${shortNumber(y)}`);
  return { x, values, words: `${plot.chart.x.label} ${shortNumber(x)}: ${words.join(", ")}` };
}

// Which plot lies under a point of the canvas, and which value of its x axis?
function plotAt(plots, x, y) {
  const plot = plots.findIndex(
    ({ left, top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height,
  );
  if (plot < 0) return null;
  const { left, top, width, height, x: across, y: up } = plots[plot];
  return { plot, x: valueAt(across, (x - left) / width), y: valueAt(up, 1 - (y - top) / height) };
}

// One step of the keyboard to the right (or left) along the points of a plot's longest curve.
function nextPlace(plot, at, step) {
  const curves = readable(plot);
  if (!curves.length) return at;
  const longest = curves.reduce((one, other) => (other.x.length > one.x.length ? other : one));
  const places = [...longest.x].filter(Number.isFinite).sort((one, other) => one - other);
  const here = nearest(places, at);
  return places[Math.min(places.length - 1, Math.max(0, here + step))];
}

function drawReading(g, plot, { x: at }, width) {
  const read = plot && readOff(plot, at);
  if (!read) return;
  const across = plot.atX(read.x);
  g.strokeStyle = INK;
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(across, plot.top);
  g.lineTo(across, plot.top + plot.height);
  g.stroke();
  for (const { curve, x, y } of read.values) {
    g.fillStyle = curve.color;
    MARKER.dot(g, plot.atX(x), plot.atY(y), 9);
  }
  const room = textWidth(g, read.words) + 16;
  const left = Math.max(4, Math.min(across + 8, width - room - 4));
  g.fillStyle = "rgba(255, 255, 255, 0.94)";
  g.strokeStyle = "#999";
  g.fillRect(left, plot.top + 4, room, 26);
  g.strokeRect(left, plot.top + 4, room, 26);
  drawText(g, read.words, left + 8, plot.top + 17);
}
