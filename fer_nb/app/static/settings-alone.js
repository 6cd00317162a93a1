// The settings as a card of their own, for a notebook without the app's header.
//
// Talks to fer_nb/app/page.py through settings.js.
export default {
  render: ({ model, el: root }) =>
    open(model, root, () => {
      const { node, relabel, close } = settingsView(model);
      node.open = true;
      return {
        node: el(
          "section",
          { class: "fer fer-card fer-settings-alone", "say-aria-label": "settings" },
          node,
        ),
        relabel,
        close,
      };
    }),
};
