// Says a mark's value at once, beside the pointer. Without this script the browser shows the same
// <title> after a moment.
const said = document.body.appendChild(
  Object.assign(document.createElement("div"), { id: "said", hidden: true }),
);
const mark = (target) => target.closest && target.closest(".tip");
for (const tip of document.querySelectorAll(".tip")) {
  const title = tip.querySelector("title");
  tip.setAttribute("aria-label", title.textContent);
  tip.setAttribute("role", "img");
  title.remove();
}
const show = (event) => {
  const tip = mark(event.target);
  said.hidden = !tip;
  if (!tip) return;
  said.textContent = tip.getAttribute("aria-label");
  const left = Math.min(event.clientX + 14, innerWidth - said.offsetWidth - 8);
  const top =
    event.clientY + 18 + said.offsetHeight > innerHeight
      ? event.clientY - said.offsetHeight - 10
      : event.clientY + 18;
  said.style.left = `${Math.max(4, left)}px`;
  said.style.top = `${top}px`;
};
addEventListener("pointermove", show);
addEventListener("pointerdown", show);
addEventListener(
  "scroll",
  () => {
    said.hidden = true;
  },
  true,
);
