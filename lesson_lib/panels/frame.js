// The page's half of a panel. All that is shown is in the model's traits. It follows element.js and picture.js in one module.

// Larger type and thicker lines, for the back of a classroom.
const PROJECTOR_ZOOM = 1.4;

// The same notebook can be open in several tabs. Each follows what is chosen in the others, and only that:
// what it has said itself some time ago would move a slider back under the learner's hand.
const THIS_TAB = Math.random().toString(36).slice(2);

// Not by `save_changes`: that holds a choice back until the kernel has answered the one before.
function choose(model, name, place) {
  model.set("chosen", { ...model.get("chosen"), [name]: place });
  model.send({ choose: model.get("chosen"), tab: THIS_TAB });
}

function slider(model, id, { name, label, texts }) {
  const input = element("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const output = element("output", { for: id });
  input.addEventListener("input", () => {
    show();
    choose(model, name, Number(input.value));
  });
  // aria-valuetext says "32 examples" where a screen reader would say the slider's place, "5".
  function show() {
    output.textContent = texts[input.value];
    input.setAttribute("aria-valuetext", texts[input.value]);
  }
  function follow() {
    input.value = model.get("chosen")[name];
    show();
  }
  return [follow, element("div", { class: "mbl-control" }, element("label", { for: id }, label), input, output)];
}

function list(model, id, { name, label, texts }) {
  const select = element("select", { id }, ...texts.map((text, place) => element("option", { value: place }, text)));
  select.addEventListener("change", () => choose(model, name, Number(select.value)));
  const follow = () => {
    select.value = model.get("chosen")[name];
  };
  return [follow, element("div", { class: "mbl-control" }, element("label", { for: id }, label), select)];
}

function button(text, press) {
  const node = element("button", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

// JupyterLab calls this once for each panel, and `render` once for each place that shows it.
export default () => {
  let views = 0;

  function render({ model, el }) {
    const id = `mbl-${Math.random().toString(36).slice(2)}`;
    const followers = [];
    const controls = { true: [], false: [] };
    for (const spec of model.get("controls")) {
      const [follow, node] = { slider, list }[spec.kind](model, `${id}-${spec.name}`, spec);
      followers.push(follow);
      controls[spec.restarts].push(node);
    }
    const press = (name) => () => model.send({ press: name });
    const run = button("Run", () => model.send({ press: model.get("running") ? "pause" : "run" }));
    run.classList.add("mbl-run");
    const stepName = model.get("step_name");
    const steps = stepName ? [button(stepName, press("step"))] : [];
    const forget = button("Clear kept runs", press("forget"));
    const keeping = model.get("keeps_runs") ? [button("Keep this run", press("keep")), forget] : [];
    const projector = button("Projector", () => {
      zoom = zoom === 1 ? PROJECTOR_ZOOM : 1;
      root.classList.toggle("mbl-projector", zoom !== 1);
      projector.setAttribute("aria-pressed", zoom !== 1);
      redraw();
    });
    projector.setAttribute("aria-pressed", false);
    const scrubber = element("input", { type: "range", id: `${id}-moment`, min: 0, step: 1 });
    const moment = element("output", { for: `${id}-moment` });
    scrubber.addEventListener("input", () => model.send({ go_to: Number(scrubber.value) }));
    const scrubbing = element(
      "div",
      { class: "mbl-control mbl-scrubber" },
      element("label", { for: `${id}-moment` }, "go back to"),
      scrubber,
      moment,
    );
    const canvas = element("canvas", { class: "mbl-picture", role: "img", tabindex: 0 });
    const reading = element("p", { class: "mbl-reading", "aria-live": "polite" });
    const sentence = element("p", { class: "mbl-sentence" });
    const status = element("p", { class: "mbl-status" });
    const bar = element("progress", { class: "mbl-progress", max: 1, "aria-label": "share of the run that is made" });
    const error = element("p", { class: "mbl-error", role: "alert" });
    const spoken = element("div", { class: "mbl-spoken", role: "status", "aria-live": "polite" });
    const code = element("pre");
    const reproduce = element("details", {}, element("summary", {}, "The same run in code"), code);
    const root = frame(
      { class: "mbl-frame", role: "group", "aria-label": "interactive panel" },
      element("div", { class: "mbl-buttons" }, run, ...steps, button("Reset", press("reset")), ...keeping, projector),
      element("div", { class: "mbl-controls" }, ...controls.true),
      element("div", { class: "mbl-buttons" }, bar, status),
      error,
      canvas,
      ...(stepName ? [scrubbing] : []),
      ...(controls.false.length ? [element("div", { class: "mbl-controls mbl-views" }, ...controls.false)] : []),
      reading,
      sentence,
      spoken,
      reproduce,
    );
    el.append(root);

    const followChoice = () => followers.forEach((follow) => follow());
    const followWords = () => {
      run.textContent = model.get("running") ? "Pause" : "Run";
      sentence.textContent = model.get("sentence");
      status.textContent = model.get("status");
      error.textContent = model.get("error");
      bar.value = model.get("done");
      code.textContent = model.get("code");
      reproduce.hidden = !model.get("code");
      forget.disabled = !model.get("num_kept");
    };
    const followMoment = () => {
      const [at, last] = [model.get("moment"), model.get("recorded")];
      scrubber.max = last;
      scrubber.value = at;
      moment.textContent = `update ${at.toLocaleString("en")}`;
      scrubber.setAttribute("aria-valuetext", `${moment.textContent} of ${last.toLocaleString("en")}`);
    };
    const followOtherTabs = ({ chosen, tab }) => {
      if (chosen && tab !== THIS_TAB) model.set("chosen", chosen);
    };
    // On its own: text that is written again, though unchanged, is read out again.
    const followSpoken = () => {
      spoken.textContent = model.get("spoken");
    };

    // A restarted kernel does not know this panel, and nothing that the panel last said of its run is true any more.
    function standWithoutKernel() {
      for (const control of root.querySelectorAll("button, input, select")) control.disabled = true;
      run.textContent = "Run";
      status.textContent = "Stopped: the kernel is no longer there. Run this cell again.";
    }

    // Pictures may come faster than this screen shows them; only the newest is drawn.
    let waiting = 0;
    let zoom = 1;
    let picture = null;
    let plots = [];
    let pointed = null;
    function draw() {
      waiting = 0;
      if (!picture || !canvas.clientWidth) return;
      plots = drawPicture(canvas, picture, zoom, pointed);
      canvas.setAttribute("aria-label", model.get("alt"));
    }
    const redraw = () => {
      waiting ||= requestAnimationFrame(draw);
    };
    function followPicture() {
      const packed = model.get("picture");
      picture = packed.rows ? unpack(packed) : null;
      redraw();
    }
    const resized = new ResizeObserver(redraw);
    resized.observe(canvas);

    // A value is read off the curves where the pointer is, or where the arrow keys have gone.
    function point(place) {
      pointed = place;
      redraw();
    }
    canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => point(plotAt(plots, offsetX / zoom, offsetY / zoom)));
    canvas.addEventListener("pointerleave", () => point(null));
    canvas.addEventListener("blur", () => point(null));
    canvas.addEventListener("keydown", (event) => {
      const { plot, x } = pointed ?? { plot: 0, x: -Infinity };
      const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
      if (event.key === "Escape") point(null);
      if (!(event.key in moves) || !plots.length) return;
      event.preventDefault();
      const [across, step] = moves[event.key];
      const next = (plot + across + plots.length) % plots.length;
      const start = Number.isFinite(x) && !across ? x : plots[next].x.low;
      point({ plot: next, x: pointed && !across ? nextPlace(plots[next], start, step) : start });
      const read = readOff(plots[next], pointed.x);
      reading.textContent = read ? `${plots[next].chart.title}. ${read.words}` : "";
    });

    const words = ["running", "sentence", "status", "error", "done", "code", "num_kept"].map((name) => `change:${name}`);
    const listeners = [["change:chosen", followChoice], [words.join(" "), followWords]];
    listeners.push(["change:spoken", followSpoken], ["change:picture", followPicture]);
    listeners.push(["change:moment change:recorded", followMoment]);
    listeners.push(["msg:custom", followOtherTabs], ["comm_live_update", standWithoutKernel]);
    listeners.forEach(([names, follow]) => model.on(names, follow));
    followChoice();
    followWords();
    followMoment();
    followPicture();

    function countViews(change) {
      views += change;
      model.set("views", views);
      model.save_changes();
    }
    countViews(+1);
    return () => {
      listeners.forEach(([names, follow]) => model.off(names, follow));
      cancelAnimationFrame(waiting);
      resized.disconnect();
      countViews(-1);
    };
  }

  return { render };
};
