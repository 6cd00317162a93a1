// The top of the app: title, what the model is, tabs, language, theme, settings and help.
//
// Talks to fer_nb/app/page.py.

const TABS = ["live", "photos", "film", "quality"];

function headerView(model) {
  const facts = el("p", { class: "fer-soft fer-facts" });
  const theme = button(null, () => setTheme(isDark() ? "light" : "dark"), {
    "aria-keyshortcuts": "t",
    class: "fer-icon",
    hidden: !inVoila(),
  });
  const languages = el("select", {
    "say-aria-label": "language",
    onchange: () => chooseLanguage(languages.value),
  });
  const status = el("p", { class: "fer-error", role: "status" });
  const openHelp = iconButton("?", "help", () => help.showModal(), { "aria-keyshortcuts": "?" });
  const tabs = el(
    "div",
    { class: "fer-tabs", role: "tablist", "say-aria-label": "tabs" },
    ...TABS.map((name) =>
      el("button", {
        type: "button",
        role: "tab",
        id: `fer-tab-${name}`,
        "aria-controls": `fer-panel-${name}`,
        "data-tab": name,
        onclick: () => setTab(name),
        say: `tab.${name}`,
      }),
    ),
  );
  tabs.addEventListener("keydown", alongTabs);
  const { node: settings, relabel: relabelSettings, close: closeSettings } = settingsView(model);
  const help = helpDialog();
  const node = el(
    "div",
    { class: "fer fer-header" },
    el(
      "div",
      { class: "fer-row fer-top" },
      el("h1", { say: "app.title" }),
      el("div", { class: "fer-row" }, languages, theme, openHelp, settings),
    ),
    facts,
    status,
    tabs,
    help,
  );

  async function chooseLanguage(code) {
    const mine = ++page.turn;
    say(status, null);
    try {
      await useLanguage(model, code);
      if (page.language === code) remember("language", code);
    } catch (error) {
      if (mine !== page.turn) return;
      languages.value = page.language;
      say(status, ...trouble(error));
    }
  }

  // -- theme

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () =>
    (document.documentElement.dataset.ferTheme ?? (system.matches ? "dark" : "light")) === "dark";
  const nameTheme = () =>
    fillIcon(theme, isDark() ? "☀" : "☾", isDark() ? "theme.light" : "theme.dark");
  function setTheme(name) {
    document.documentElement.dataset.ferTheme = name;
    remember("theme", name);
    nameTheme();
    document.dispatchEvent(new CustomEvent("fer-theme"));
  }
  const kept = remember("theme");
  if (kept) document.documentElement.dataset.ferTheme = kept;
  system.addEventListener("change", nameTheme);

  // -- tabs

  function setTab(name, focus = false) {
    page.tab = name;
    document.documentElement.dataset.ferTab = name;
    for (const tab of tabs.children) {
      const on = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on && focus) tab.focus();
    }
    history.replaceState(history.state, "", `#${name}`);
    document.dispatchEvent(new CustomEvent("fer-tab"));
  }

  // The number of the tab that a key leads to; -1 for other keys
  function tabAfter(key) {
    if (key === "Home") return 0;
    if (key === "End") return TABS.length - 1;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return -1;
    const signed = node.dir === "rtl" ? -step : step;
    return (TABS.indexOf(page.tab) + signed + TABS.length) % TABS.length;
  }

  function alongTabs(event) {
    const to = tabAfter(event.key);
    if (to < 0) return;
    event.preventDefault();
    setTab(TABS[to], true);
  }

  // -- keys

  function pressed(event) {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.repeat ||
      remember("keys") === "off" ||
      !inVoila()
    )
      return;
    if (document.querySelector("dialog[open]") || event.target.closest?.("input, select, textarea"))
      return;
    if (event.key.toLowerCase() === "t") theme.click();
    if (event.key === "?") openHelp.click();
  }
  // A file that misses its place would be opened over the page
  const nothing = (event) => event.preventDefault();
  const guards = inVoila() ? ["dragover", "drop"] : [];
  document.addEventListener("keydown", pressed);
  for (const kind of guards) document.addEventListener(kind, nothing);

  function relabel() {
    const f = model.get("facts");
    facts.textContent = [
      t("facts.model", { name: f.model, n: number(model.get("classes").length) }),
      f.accuracy
        ? t("facts.accuracy", {
            percent: number(f.accuracy, { style: "percent", maximumFractionDigits: 1 }),
            data: dataName(f.dataset),
          })
        : null,
      t("facts.detector", { name: f.detector }),
      f.detector === "haar" ? t("facts.haar") : null,
      t("facts.feeling"),
    ]
      .filter(Boolean)
      .join(" ");
    languages.replaceChildren(
      ...LANGUAGES.map((code) => el("option", { value: code, lang: code }, nameOf(code))),
    );
    languages.value = page.language;
    nameTheme();
    relabelSettings();
  }
  model.on("change:facts", relabel);
  document.getElementById("rendered_cells")?.setAttribute("role", "main");
  const asked = location.hash.slice(1);
  setTab(TABS.includes(asked) ? asked : "live");
  return {
    node,
    relabel,
    close() {
      closeSettings();
      document.removeEventListener("keydown", pressed);
      for (const kind of guards) document.removeEventListener(kind, nothing);
      system.removeEventListener("change", nameTheme);
    },
  };
}

// A sign, and beside it the words; on a narrow screen the words are for screen readers alone
function fillIcon(node, sign, key) {
  node.replaceChildren(
    el("span", { "aria-hidden": "true", class: "fer-sign" }, sign),
    el("span", { class: "fer-words", say: key }),
  );
  return node;
}
const iconButton = (sign, key, onclick, attrs) =>
  fillIcon(el("button", { type: "button", class: "fer-icon", onclick, ...attrs }), sign, key);

const nameOf = (code) => {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
  return name[0].toLocaleUpperCase(code) + name.slice(1);
};

// What the keys do, and a way to switch them off
function helpDialog() {
  const keys = [
    ["S", "live.screenshot"],
    ["A", "live.all"],
    ["␣", "live.pause"],
    ["Q / Esc", "live.stop"],
    ["T", "help.theme"],
    ["?", "help"],
  ];
  const on = el("input", {
    type: "checkbox",
    onchange: () => remember("keys", on.checked ? "on" : "off"),
  });
  on.checked = remember("keys") !== "off";
  const dialog = el(
    "dialog",
    { class: "fer fer-help", "say-aria-label": "help" },
    el("h2", { say: "help" }),
    el("p", { say: "help.what" }),
    el(
      "dl",
      {},
      ...keys.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", { say: what })]),
    ),
    el("label", { class: "fer-row" }, on, el("span", { say: "help.keys-on" })),
    el("p", { class: "fer-soft", say: "facts.feeling" }),
    el("form", { method: "dialog" }, el("button", { class: "fer-main", say: "close" })),
  );
  return dialog;
}

export default {
  render: ({ model, el: root }) => {
    root.classList.add("fer-header-root");
    return open(model, root, () => headerView(model));
  },
};
