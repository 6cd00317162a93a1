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
