// Axes to draw on, by mouse, finger or keyboard. It follows element.js and picture.js in one module.

// One press of an arrow key moves a value by this share of the axis.
const KEY_STEP = 1 / 20;

function render({ model, el }) {
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const sketches = model.get("sketches");
  const places = model.get("places");
  let active = sketches[0];
  let drawn = {};
  let plot = null;
  let cursor = null;
  let last = null;

  const choices = sketches.map((sketch, place) => {
    const radio = element("input", { type: "radio", name: id, id: `${id}-${place}` });
    radio.checked = sketch === active;
    radio.addEventListener("change", () => {
      active = sketch;
    });
    const label = element("label", { class: "mbl-option", for: `${id}-${place}` }, radio, `draw ${sketch.name}`);
    label.style.color = sketch.color;
    return label;
  });
  const canvas = element("canvas", { class: "mbl-sketch-picture", role: "img", tabindex: 0 });
  const words = element("p", { class: "mbl-sentence", role: "status", "aria-live": "polite" });
  const reading = element("p", { class: "mbl-reading", "aria-live": "polite" });
  const notice = element("p", { class: "mbl-error", role: "alert" });
  const how = element(
    "p",
    { class: "mbl-status" },
    "Draw with the mouse or a finger. By keyboard: ← → choose a place, ↑ ↓ move the curve there, Delete takes it away.",
  );
  const anew = element("button", { type: "button" }, "Draw anew");
  anew.addEventListener("click", () => model.send({ clear: true }));
  const root = frame(
    { class: "mbl-frame mbl-practice" },
    element(
      "div",
      { class: "mbl-buttons", role: "group", "aria-label": "which curve to draw" },
      ...(choices.length > 1 ? choices : []),
      anew,
    ),
    canvas,
    how,
    words,
    reading,
    notice,
  );
  el.append(root);

  function draw() {
    if (!canvas.clientWidth) return;
    [plot] = drawPicture(canvas, unpack(model.get("picture")), 1, null);
    const g = canvas.getContext("2d");
    for (const sketch of sketches) {
      const there = places.map((at, place) => [at, drawn[sketch.name][place]]).filter(([, value]) => value !== null);
      const [x, y] = [there.map(([at]) => at), there.map(([, value]) => value)];
      DRAW.curve(g, plot, { x, y, color: sketch.color, opacity: 1, width: 1.5, dash: "dotted", marker: "dot", marker_size: 7 });
    }
    if (cursor !== null && document.activeElement === canvas) {
      const [across, value] = [plot.atX(places[cursor]), drawn[active.name][cursor]];
      g.strokeStyle = active.color;
      g.lineWidth = 2;
      g.strokeRect(across - 7, (value === null ? plot.top + plot.height / 2 : plot.atY(value)) - 7, 14, 14);
    }
  }

  function put(place, value) {
    const { low, high } = plot.chart.y;
    drawn[active.name][place] = Math.min(high, Math.max(low, value));
  }

  function send() {
    model.set("drawn", drawn);
    model.send({ drawn });
  }

  // Between two moves of the pointer it may have passed several places: all of them lie on the line between.
  function drawTo({ offsetX, offsetY }) {
    const share = Math.min(1, Math.max(0, (offsetX - plot.left) / plot.width));
    const up = Math.min(1, Math.max(0, 1 - (offsetY - plot.top) / plot.height));
    const shares = places.map((at) => along(plot.chart.x, at));
    const start = last ?? { share, up };
    shares.forEach((at, place) => {
      if ((at - start.share) * (at - share) > 0) return;
      const part = share === start.share ? 1 : (at - start.share) / (share - start.share);
      put(place, valueAt(plot.chart.y, start.up + part * (up - start.up)));
    });
    if (!last) put(nearest(shares, share), valueAt(plot.chart.y, up));
    last = { share, up };
    draw();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (model.get("measured") || !plot) return;
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    drawTo(event);
  });
  canvas.addEventListener("pointermove", (event) => last && drawTo(event));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (last) send();
      last = null;
    });
  }
  canvas.addEventListener("blur", draw);
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    const lifts = { ArrowDown: -KEY_STEP, ArrowUp: KEY_STEP };
    if (model.get("measured") || !plot) return;
    if (event.key in moves) {
      cursor = cursor === null ? 0 : Math.min(places.length - 1, Math.max(0, cursor + moves[event.key]));
    } else if (event.key in lifts || event.key === "Delete") {
      cursor ??= 0;
      const values = drawn[active.name];
      // A new point begins where its neighbour lies, or in the middle.
      const before = values[cursor] ?? values[cursor - 1] ?? values[cursor + 1];
      const up = before === null || before === undefined ? 0.5 : along(plot.chart.y, before);
      if (event.key === "Delete") values[cursor] = null;
      else put(cursor, valueAt(plot.chart.y, Math.round((up + lifts[event.key]) / KEY_STEP) * KEY_STEP));
      send();
    } else return;
    event.preventDefault();
    const value = drawn[active.name][cursor];
    reading.textContent = `${active.name}, ${plot.chart.x.label} ${shortNumber(places[cursor])}: ${value === null ? "nothing drawn" : shortNumber(value)}`;
    draw();
  });

  function follow() {
    drawn = structuredClone(model.get("drawn"));
    words.textContent = model.get("words");
    notice.textContent = model.get("notice");
    canvas.setAttribute("aria-label", model.get("alt"));
    for (const radio of root.querySelectorAll("input")) radio.disabled = model.get("measured");
    how.hidden = model.get("measured");
    // While a stroke is under way, the page knows it better.
    if (!last) draw();
  }
  const names = "change:drawn change:words change:notice change:picture change:alt change:measured";
  model.on(names, follow);
  const resized = new ResizeObserver(draw);
  resized.observe(canvas);
  follow();
  return () => {
    model.off(names, follow);
    resized.disconnect();
  };
}

export default { render };
