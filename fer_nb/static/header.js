// Title of the app, what the model is, and the switch between light and dark.

const KEY = "fer-theme";

function render({ model, el: root }) {
  const facts = model.get("facts");
  const right = facts.accuracy ? `, right on ${(100 * facts.accuracy).toFixed(1)} % of ${facts.dataset === "fer2013" ? "FER2013's" : "its"} test faces` : "";
  const detector = facts.detector === "haar" ? "haar, the older one; fer-nb fetch yunet gets the better one" : facts.detector;
  const title = document.createElement("div");
  title.className = "fer-grow";
  title.innerHTML = "<h1>Facial expressions</h1><p class='fer-soft'></p>";
  title.lastChild.textContent = `Model ${facts.model}: ${facts.labels} expressions${right}. Face detector: ${detector}. An expression on a face is not the feeling of a person.`;
  const theme = document.createElement("button");
  theme.type = "button";
  const isDark = () => (document.documentElement.dataset.ferTheme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
  theme.onclick = () => {
    document.documentElement.dataset.ferTheme = isDark() ? "light" : "dark";
    try { localStorage.setItem(KEY, document.documentElement.dataset.ferTheme); } catch { /* private window: the choice lasts for this page */ }
    name();
  };
  try { const kept = localStorage.getItem(KEY); if (kept) document.documentElement.dataset.ferTheme = kept; } catch { /* as above */ }
  name();
  const box = document.createElement("header");
  box.className = "fer fer-row";
  box.append(title, ...(document.body.dataset.voila ? [theme] : []));
  root.append(box);
}

export default { render };
