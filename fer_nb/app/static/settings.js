// The settings: model, label set, detector and threshold. They may change while the app runs.
//
// Draws the panel behind ⚙. Used by header.js in the app and by settings-alone.js in a notebook.
// Talks to fer_nb/app/page.py.

/**
 * Make the settings.
 * @param {Object} model - The widget's model
 * @returns {{node: Element, relabel: function(), close: function()}} For `open`
 */
function settingsView(model) {
  const pick = (key, onchange) => {
    const node = el("select", { onchange });
    return { node, field: el("label", { class: "fer-field" }, el("span", { say: key }), node) };
  };
  const network = pick("settings.model", () => change({ model: network.node.value }));
  const labels = pick("settings.labels", () => change({ labels: labels.node.value }));
  const detector = pick("settings.detector", () => change({ detector: detector.node.value }));
  const sure = el("input", {
    type: "range",
    min: 0,
    max: 95,
    step: 5,
    oninput: () => {
      limit.textContent = percent(sure.value / 100);
    },
    onchange: () => change({ threshold: sure.value / 100 }),
  });
  const limit = el("output");
  const status = el("p", { class: "fer-status fer-error", role: "status" });
  const node = el(
    "details",
    { class: "fer-settings" },
    el(
      "summary",
      { class: "fer-icon" },
      el("span", { "aria-hidden": "true", class: "fer-sign" }, "⚙"),
      el("span", { class: "fer-words", say: "settings" }),
    ),
    el(
      "div",
      { class: "fer-settings-body" },
      network.field,
      labels.field,
      detector.field,
      el(
        "label",
        { class: "fer-field" },
        el("span", {}, el("span", { say: "settings.threshold" }), " ", limit),
        sure,
      ),
      el("p", { class: "fer-soft", say: "settings.threshold-what" }),
      status,
    ),
  );
  let pending = 0;

  const escape = (event) => {
    if (event.key === "Escape" && node.open && inVoila()) {
      event.stopPropagation();
      shut();
    }
  }; // Before the page's other keys hear of it, wherever the focus is
  document.addEventListener("keydown", escape, true);
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget) && inVoila()) node.open = false;
  });
  const outside = (event) => {
    if (node.open && !node.contains(event.target) && inVoila()) node.open = false;
  };
  document.addEventListener("pointerdown", outside);
  function shut() {
    node.open = false;
    node.querySelector("summary").focus();
  }

  async function change(values) {
    node.setAttribute("aria-busy", "true");
    say(status, null);
    pending++;
    const error = await ask(model, { kind: "settings", ...values }).then(
      () => null,
      (error) => error,
    );
    if (--pending === 0) {
      node.removeAttribute("aria-busy");
      relabel();
    }
    if (error) say(status, ...trouble(error));
  }

  const NAMES = { fer2013: "FER2013", ferplus: "FER+", yunet: "YuNet", haar: "Haar" };
  function fill(select, options, value) {
    select.replaceChildren(...options.map(([v, text]) => el("option", { value: v }, text)));
    select.value = value;
    select.disabled = options.length < 2;
  }

  function relabel() {
    const s = model.get("settings");
    fill(
      network.node,
      Object.keys(s.models).map((m) => [m, m]),
      s.model,
    );
    fill(
      labels.node,
      Object.entries(s.models[s.model]).map(([name, n]) => [
        name,
        t("settings.label-count", { n: number(n), name: NAMES[name] ?? name }),
      ]),
      s.labels,
    );
    fill(
      detector.node,
      s.detectors.map((d) => [d, NAMES[d] ?? d]),
      s.detector,
    );
    if (!pending) {
      sure.value = Math.round(100 * s.threshold);
      limit.textContent = percent(s.threshold);
    } // else it would jump back while it is moved
  }
  return {
    node,
    relabel,
    close() {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", escape, true);
    },
  };
}
