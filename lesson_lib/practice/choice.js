// A multiple-choice question on the page. What is right, and why, the kernel says. It follows element.js in one module.

function render({ model, el }) {
  const id = `mbl-${Math.random().toString(36).slice(2)}`;
  const radios = model.get("options").map((_, place) => {
    const radio = element("input", { type: "radio", name: id, id: `${id}-${place}` });
    radio.addEventListener("change", () => model.send({ choose: place }));
    return radio;
  });
  const lines = model.get("options").map((text, place) =>
    element("label", { class: "mbl-option", for: `${id}-${place}` },
      radios[place], element("span", { class: "mbl-letter" }, String.fromCharCode(65 + place)), element("span", {}, text)),
  );
  const verdict = element("p", { class: "mbl-verdict", role: "status", "aria-live": "polite" });
  const notice = element("p", { class: "mbl-error", role: "alert" });
  const root = frame(
    { class: "mbl-frame mbl-practice" },
    element("fieldset", {}, element("legend", {}, model.get("text")), ...lines),
    verdict,
    notice,
  );
  el.append(root);

  function follow() {
    const [chosen, right] = [model.get("chosen"), model.get("right")];
    radios.forEach((radio, place) => { radio.checked = place === chosen; });
    verdict.className = `mbl-verdict ${chosen < 0 ? "" : right ? "mbl-right" : "mbl-wrong"}`;
    const words = model.get("verdict");
    verdict.textContent = words && `${right ? "✓" : "✗"} ${words}`;
    notice.textContent = model.get("notice");
  }
  const names = "change:chosen change:right change:verdict change:notice";
  model.on(names, follow);
  follow();
  return () => model.off(names, follow);
}

export default { render };
